// Takes the pictures of the README anew, from the built page: `pnpm --filter @gradkit/demo pictures`.
import { fileURLToPath } from 'node:url';
import { startDemoHost } from './openDemo.ts';

const hash = 'backend=cpu&clip=clipByGlobalNorm:0.5&pace=20';
const sections = ['race', 'geometry', 'cliff', 'text', 'speed'];
const stepsShown = 70;

const host = await startDemoHost();
const { page, close } = await host.open(hash, { viewport: { width: 1080, height: 900 } });
await page.waitForFunction(
  (steps) =>
    Number(/^Step (\d+)/.exec(document.querySelector('.run.chain .verdict')?.textContent ?? '')?.[1]) >=
    steps,
  stepsShown,
);
await page.getByRole('button', { name: 'Pause' }).click();
await page.getByRole('button', { name: 'Measure this machine' }).click();
await page
  .getByRole('button', { name: 'Measure again' })
  .and(page.locator(':enabled'))
  .waitFor({ timeout: 600_000 });
for (const colorScheme of ['light', 'dark'] as const) {
  await page.emulateMedia({ colorScheme });
  for (const section of sections) {
    const path = fileURLToPath(new URL(`../pictures/${section}-${colorScheme}.jpg`, import.meta.url));
    await page
      .locator('section')
      .filter({ has: page.locator(`#${section}-title`) })
      .screenshot({ path, type: 'jpeg', quality: 72 });
  }
}
await close();
await host.close();
