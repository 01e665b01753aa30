/** The limits of a device that a workgroup has to keep. */
export type WorkgroupLimits = Pick<
  GPUSupportedLimits,
  'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupSizeX' | 'maxComputeWorkgroupStorageSize'
>;

/** The largest power of two that a workgroup may have, up to 256. */
export function largestWorkgroupSize(limits: WorkgroupLimits): number {
  const most = Math.min(
    256,
    limits.maxComputeInvocationsPerWorkgroup,
    limits.maxComputeWorkgroupSizeX,
    // Each lane keeps what it has reduced so far in 16 bytes.
    Math.floor(limits.maxComputeWorkgroupStorageSize / 16),
  );
  return 2 ** Math.floor(Math.log2(most));
}
