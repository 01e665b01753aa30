/** The device is gone: its driver reset it, or somebody took it away. */
export class CardLostError extends Error {
  override readonly name = 'CardLostError';
}

/** Waits for a promise for as long as the device is there. @throws {CardLostError} if the device is lost first. */
export async function untilLost<T>(device: GPUDevice, work: Promise<T>): Promise<T> {
  // Whoever loses the race must not become an unhandled rejection.
  work.catch(() => undefined);
  const lost = device.lost.then(({ reason, message }): never => {
    throw new CardLostError(`The device was lost (${reason}): ${message.trim() || 'no reason given'}`);
  });
  lost.catch(() => undefined);
  try {
    return await Promise.race([work, lost]);
  } catch (error) {
    // An operation on a lost device may fail before the loss is told.
    const told = new Promise<undefined>((resolve) => setTimeout(resolve, 200));
    await Promise.race([lost, told]);
    throw error;
  }
}
