// Measures the built page while it trains as fast as it can: frames, the memory of the page, and tensors. `--seconds 600` is ten minutes.
import { parseArgs } from 'node:util';
import type { Page } from 'playwright';
import { startDemoHost } from './openDemo.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, hash: { type: 'string', multiple: true } },
});
const seconds = Number(values.seconds);
const hashes = values.hash ?? ['backend=wasm&pace=max', 'backend=wasm&pace=max&task=simple'];

/** The milliseconds between the frames of so many seconds. */
async function frameGaps(page: Page): Promise<readonly number[]> {
  return page.evaluate(
    (milliseconds) =>
      new Promise<number[]>((resolve) => {
        const gaps: number[] = [];
        let last: number | undefined;
        const first = performance.now();
        const see = (now: number): void => {
          if (last !== undefined) gaps.push(now - last);
          last = now;
          if (now - first < milliseconds) requestAnimationFrame(see);
          else resolve(gaps);
        };
        requestAnimationFrame(see);
      }),
    1000 * seconds,
  );
}

async function memoryOf(
  page: Page,
): Promise<{ readonly steps: number; readonly tensors: number; readonly megabytes: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  const text = async (selector: string): Promise<string> =>
    (await page.locator(selector).textContent()) ?? '';
  return {
    steps: Number(/^Step (\d+)/.exec(await text('.run.chain .verdict'))?.[1]),
    tensors: Number(/(\d+) tensors/.exec(await text('.badge-body'))?.[1]),
    megabytes: usedSize / 1e6,
  };
}

const host = await startDemoHost();
for (const hash of hashes) {
  const { page, close } = await host.open(hash, { viewport: { width: 1200, height: 900 } });
  await page.waitForFunction(
    () =>
      Number(/^Step (\d+)/.exec(document.querySelector('.run.chain .verdict')?.textContent ?? '')?.[1]) > 100,
    undefined,
    { timeout: 120_000 },
  );
  const before = await memoryOf(page);
  const gaps = (await frameGaps(page)).toSorted((a, b) => a - b);
  const after = await memoryOf(page);
  const at = (share: number): string => (gaps[Math.floor(share * (gaps.length - 1))] ?? NaN).toFixed(1);
  const rate = (1000 * gaps.length) / gaps.reduce((sum, gap) => sum + gap, 0);
  process.stdout.write(
    `#${hash}, ${seconds} seconds: ${rate.toFixed(1)} frames a second; ` +
      `between frames ${at(0.5)} ms in the middle, ${at(0.99)} ms for 99 of 100, ${at(1)} ms at most, ` +
      `${gaps.filter((gap) => gap > 50).length} of ${gaps.length} above 50 ms\n` +
      `  steps ${before.steps} to ${after.steps}, tensors ${before.tensors} to ${after.tensors}, ` +
      `heap of the page ${before.megabytes.toFixed(1)} to ${after.megabytes.toFixed(1)} MB\n`,
  );
  await close();
}
await host.close();
