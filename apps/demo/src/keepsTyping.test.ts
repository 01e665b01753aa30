import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, startDemoHost, type DemoHost } from './openDemo.ts';

const hash = 'backend=cpu&task=simple&pace=60&clip=clipByGlobalNorm:1,clipByNorm:1,clipByValue:1';
const pauses = [60, 150, 400];
/** What is typed into each field, and how the address then says it. */
const numbers = [
  { field: 'maxNorm of clipByGlobalNorm', text: '12.5', address: 'clipByGlobalNorm:12.5,' },
  { field: 'maxNorm of clipByNorm', text: '0.75', address: ',clipByNorm:0.75,' },
  { field: 'limit of clipByValue', text: '3e2', address: ',clipByValue:300' },
  { field: 'rate', text: '0.025', address: 'rate=0.025' },
  { field: 'seed', text: '4711', address: 'seed=4711' },
] as const;

const fieldOf = (page: Page, field: (typeof numbers)[number]['field']): Locator =>
  ({
    'maxNorm of clipByGlobalNorm': page.locator('.card.clip input').nth(0),
    'maxNorm of clipByNorm': page.locator('.card.clip input').nth(1),
    'limit of clipByValue': page.locator('.card.clip input').nth(2),
    rate: page.getByRole('spinbutton', { name: 'Learning rate of both runs' }),
    seed: page.getByRole('textbox', { name: 'Seed' }),
  })[field];

describe.skipIf(!hasChromium)('while it trains', () => {
  let host: DemoHost;
  let page: Page;
  const addressOf = (): string => decodeURIComponent(page.url());
  const stepsTaken = async (): Promise<number> =>
    Number(/^Step (\d+)/.exec((await page.locator('.run.chain .verdict').textContent()) ?? '')?.[1] ?? NaN);

  beforeAll(async () => {
    host = await startDemoHost();
    ({ page } = await host.open(hash, { reducedMotion: 'no-preference' }));
    await page.locator('.badge summary', { hasText: 'Trains on CPU' }).waitFor();
  });
  afterAll(async () => host.close());

  /** Empties a field as people do, and types. */
  const typeInto = async (field: Locator, text: string, pause: number): Promise<void> => {
    await field.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.type(text, { delay: pause });
    await page.waitForTimeout(pause);
  };

  describe.each(pauses)('with %i ms between two keys', (pause) => {
    test.each(numbers)('$field takes what is typed, with Enter', async ({ field: name, text, address }) => {
      const field = fieldOf(page, name);
      await typeInto(field, text, pause);
      expect(await field.inputValue()).toBe(text);
      expect(addressOf()).not.toContain(address);
      await page.keyboard.press('Enter');
      await expect.poll(addressOf).toContain(address);
      expect(Number(await field.inputValue())).toBe(Number(text));
      // Another number, for the next turn, by leaving the field.
      await typeInto(field, '2', pause);
      await page.keyboard.press('Tab');
      await expect.poll(addressOf).not.toContain(address);
      expect(await field.inputValue()).toBe('2');
    });
  });

  test.each(numbers)('$field gives the old number back with Escape', async ({ field: name, text }) => {
    const field = fieldOf(page, name);
    const before = await field.inputValue();
    await typeInto(field, text, 60);
    await page.keyboard.press('Escape');
    expect(await field.inputValue()).toBe(before);
    await page.keyboard.press('Tab');
    await page.waitForTimeout(300);
    expect(await field.inputValue()).toBe(before);
  });

  test.each(numbers)(
    '$field says why it does not take a number, and shows the old one',
    async ({ field: name }) => {
      const field = fieldOf(page, name);
      const before = await field.inputValue();
      await typeInto(field, '-1', 60);
      await page.keyboard.press('Enter');
      await expect.poll(async () => field.inputValue()).toBe(before);
      await expect.poll(async () => page.locator('.notices').textContent()).toContain(`It stays ${before}.`);
    },
  );

  test('a number that comes from elsewhere shows in a field that nobody types into', async () => {
    const field = fieldOf(page, 'maxNorm of clipByGlobalNorm');
    await field.focus();
    await page.evaluate((text) => void (location.hash = text), hash.replace('Norm:1,', 'Norm:7,'));
    await expect.poll(async () => field.inputValue()).toBe('7');
  });

  test.each([
    { name: 'Optimizer', value: 'adam', address: 'optimizer=adam' },
    { name: 'Pace', value: '5', address: 'pace=5' },
    { name: 'Net', value: 'recurrent', address: 'task=simple' },
  ])(
    '$name is chosen by keys, and what the address says later shows in it',
    async ({ name, value, address }) => {
      const select = page.getByRole('combobox', { name, exact: true });
      await select.focus();
      const isChosen = async (): Promise<boolean> => (await select.inputValue()) === value;
      const index = await select.evaluate(
        (element: HTMLSelectElement, wanted) =>
          [...element.options].findIndex((option) => option.value === wanted) - element.selectedIndex,
        value,
      );
      for (let press = 0; press < Math.abs(index); press++) {
        await page.keyboard.press(index > 0 ? 'ArrowDown' : 'ArrowUp');
        await page.waitForTimeout(150);
      }
      expect(await isChosen()).toBe(true);
      if (name === 'Net') await expect.poll(addressOf).not.toContain(address);
      else await expect.poll(addressOf).toContain(address);
      await page.evaluate((text) => void (location.hash = text), hash);
      await expect.poll(isChosen).toBe(false);
    },
  );

  test('it has trained all along', async () => {
    const before = await stepsTaken();
    await expect.poll(stepsTaken).toBeGreaterThan(before);
  });
});
