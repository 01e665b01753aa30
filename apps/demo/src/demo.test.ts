import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, hasWebgpu, startDemoHost, type DemoHost, type OpenedDemo } from './openDemo.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let host: DemoHost;
  let opened: OpenedDemo[] = [];

  beforeAll(async () => {
    host = await startDemoHost();
  });
  afterAll(async () => host.close());
  afterEach(async () => {
    const complaints = opened.flatMap((demo) => demo.complaints);
    const elsewhere = opened.flatMap(({ requests }) =>
      requests.filter((url) => !url.startsWith(host.address)),
    );
    await Promise.all(opened.map(async (demo) => demo.close()));
    opened = [];
    // Every test also shows that the page complains of nothing, keeps its policy, and asks nobody else for anything.
    const wrong = [...complaints, ...elsewhere.map((url) => `asked for ${url}`)];
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });

  const open = async (hash: string, options?: Parameters<DemoHost['open']>[1]): Promise<OpenedDemo> => {
    const demo = await host.open(hash, options);
    opened.push(demo);
    return demo;
  };

  const paused = async (hash: string, options?: Parameters<DemoHost['open']>[1]): Promise<Page> => {
    // A person who wants less motion is not surprised by a page that trains at once.
    const { page } = await open(hash, { reducedMotion: 'reduce', ...options });
    await expect.poll(async () => title(page)).toMatch(/^Trains on/);
    return page;
  };

  test.skipIf(!hasWebgpu)(
    'it trains on WebGPU, which the self-test has found to agree with the CPU',
    async () => {
      const { page } = await open('backend=webgpu&task=simple&pace=max');
      await expect.poll(async () => stepsOf(page, 'chain'), { timeout: 240_000 }).toBeGreaterThan(10);
      expect(await title(page)).toBe('Trains on WebGPU');
      expect(await page.locator('.badge li').allTextContents()).toEqual([
        expect.stringMatching(
          /WebGPU\s+chosen: five training steps (agree with the CPU within \de-\d|give the CPU’s weights)/,
        ),
      ]);
      expect(await page.locator('.badge-body').textContent()).toContain('webgpu');
    },
  );

  test('it trains on WebAssembly', async () => {
    const { page } = await open('backend=wasm&pace=max');
    await expect.poll(async () => stepsOf(page, 'chain')).toBeGreaterThan(50);
    expect(await title(page)).toBe('Trains on WebAssembly');
  });

  test.skipIf(!hasWebgpu)(
    'left to itself it leaves a GPU that is a program alone, takes the first backend that passes, and says why',
    async () => {
      const { page } = await open('task=simple', { reducedMotion: 'reduce' });
      await expect.poll(async () => title(page), { timeout: 90_000 }).toBe('Trains on WebAssembly');
      expect(
        (await page.locator('.badge li').allTextContents()).map((text) => text.replace(/\s+/g, ' ').trim()),
      ).toEqual([
        expect.stringMatching(/^WebGPU .*the only adapter, .*SwiftShader.*, runs on the CPU/i),
        expect.stringMatching(/^WebAssembly chosen: five training steps (agree|give)/),
      ]);
      expect(await page.locator('.badge li.good').count()).toBe(1);
    },
  );

  test('the raw run diverges and says so in words, while the clipped one learns', async () => {
    const { page } = await open('backend=wasm&pace=60');
    const raw = page.locator('.run.raw .verdict');
    await expect
      .poll(async () => raw.textContent())
      .toMatch(/^Diverged at step \d+, \|g\| = \d\.\de\d+\. Turn clipping on, as in the run beside\.$/);
    const ended = await raw.textContent();
    await expect.poll(async () => stepsOf(page, 'chain')).toBeGreaterThan(100);
    expect(await raw.textContent()).toBe(ended);
    const [, loss = ''] =
      /loss ([\d.e-]+)/.exec((await page.locator('.run.chain .verdict').textContent()) ?? '') ?? [];
    expect(Number(loss)).toBeLessThan(0.5);
    expect(await page.getByRole('status').allTextContents()).toContainEqual(
      expect.stringContaining('Diverged at step'),
    );
  });

  test('a chain without a clip diverges too, and the page says what to do', async () => {
    const { page } = await open('backend=cpu&pace=max&clip=none');
    await expect
      .poll(async () => page.locator('.run.chain .verdict').textContent())
      .toMatch(/^Diverged at step \d+, .*Turn clipping on\.$/);
    await page.getByRole('button', { name: 'Clip by global norm' }).click();
    await expect.poll(async () => stepsOf(page, 'chain')).toBeGreaterThan(45);
  });

  test('dragging the threshold changes the next step, and neither the raw run nor the past', async () => {
    const page = await paused('backend=cpu');
    const lossesAfter = async (drag: boolean): Promise<string[]> => {
      await page.getByRole('button', { name: 'Restart' }).click();
      await stepTo(page, 2);
      if (drag) await dragThreshold(page, 60);
      await stepTo(page, 4);
      return page.locator('.verdict').allTextContents();
    };
    const [rawBefore, chainBefore] = await lossesAfter(false);
    const handle = page.getByRole('slider', { name: /Threshold of the global norm/ });
    expect(await handle.getAttribute('aria-valuenow')).toBe('0.5');
    const [rawAfter, chainAfter] = await lossesAfter(true);
    const threshold = Number(await handle.getAttribute('aria-valuenow'));
    expect(threshold).toBeGreaterThan(0.5);
    expect(rawAfter).toBe(rawBefore);
    expect(chainAfter).not.toBe(chainBefore);
    await expect
      .poll(() => new URL(page.url()).hash)
      .toBe(`#clip=clipByGlobalNorm%3A${threshold}&backend=cpu`);
    expect(await page.locator('.numbers .after').textContent()).toBe(
      String(Number(threshold.toPrecision(3))),
    );
  });

  test('an address restores the whole state, and the same steps', async () => {
    const hash =
      'task=simple&seed=12&clip=clipByValue%3A0.25%2CclipByGlobalNorm%3A1.5&optimizer=adam&rate=0.02&pace=60&backend=cpu&text=json&arrow=1%2C2&cliff=5%2C-1';
    const page = await paused(hash);
    await stepTo(page, 3);
    expect(await page.locator('.card.clip code').allTextContents()).toEqual([
      'clipByValue',
      'clipByGlobalNorm',
    ]);
    expect(await page.getByRole('textbox', { name: 'Seed' }).inputValue()).toBe('12');
    expect(await page.getByRole('tab', { selected: true }).textContent()).toContain('JSON');
    expect(await page.locator('pre').textContent()).toContain('"learningRate": 0.02');
    expect(await page.getByLabel('Tip of your gradient').getAttribute('aria-valuetext')).toBe('1, 2');
    expect(await page.getByLabel('Start of both descents').getAttribute('aria-valuetext')).toBe('w 5, b -1');
    const verdicts = await page.locator('.verdict').allTextContents();
    await page.getByRole('button', { name: 'Next seed' }).click();
    const next = new URL(page.url()).hash.slice(1);
    expect(next).toBe(hash.replace('seed=12', 'seed=13'));
    const again = await paused(hash);
    await stepTo(again, 3);
    expect(await again.locator('.verdict').allTextContents()).toEqual(verdicts);
  });

  test('an address that cannot be meant is said, and the page works all the same', async () => {
    const page = await paused('backend=cpu&seed=minus&rate=0.01');
    await expect.poll(async () => page.locator('.notice').textContent()).toContain('seed=minus');
    await stepTo(page, 1);
  });

  test('an address that is changed by hand is read, said where it cannot be meant, and starts anew only what depends on it', async () => {
    const page = await paused('backend=cpu');
    await stepTo(page, 2);
    const edit = async (hash: string): Promise<void> =>
      page.evaluate((text) => void (location.hash = text), hash);
    await edit('backend=cpu&seed=junk');
    await expect.poll(async () => notice(page)).toContain('seed=junk');
    await edit('backend=cpu&text=json');
    await expect.poll(async () => page.locator('pre').textContent()).toContain('"transform"');
    expect(await stepsOf(page, 'chain')).toBe(2);
    expect(await notice(page)).toBe('');
    await edit('backend=cpu&text=json&seed=9');
    await expect.poll(async () => stepsOf(page, 'chain')).toBe(0);
  });

  test('a number that float32 does not hold is said and leaves the page as it was, from the address and typed', async () => {
    const page = await paused(
      'backend=cpu&text=program&arrow=3,4&entries=9999,1&clip=clipByGlobalNorm:1e-300',
    );
    expect(await notice(page)).toContain('clip=clipByGlobalNorm:1e-300, entries=9999,1');
    const threshold = page.locator('.card.clip input');
    for (const text of ['1e39', '-1', '']) {
      await typeInto(threshold, text);
      await threshold.press('Enter');
      await expect
        .poll(async () => notice(page))
        .toMatch(/maxNorm has to be a number above 0.*It stays 0\.5\./);
      expect(await threshold.inputValue()).toBe('0.5');
    }
    await typeInto(threshold, '0.25');
    await threshold.press('Enter');
    await expect.poll(async () => notice(page)).toBe('');
    await expect.poll(async () => page.locator('pre').textContent()).toContain('maxNorm');
    const seed = page.getByRole('textbox', { name: 'Seed' });
    await typeInto(seed, '-3');
    await seed.press('Enter');
    await expect.poll(async () => notice(page)).toContain('It stays 3.');
    await stepTo(page, 1);
  });

  test('a long drag does not change the address more often than browsers allow, and the last place stands in it', async () => {
    const page = await paused('backend=cpu');
    await stepTo(page, 2);
    await page.evaluate(() => {
      const { replaceState } = history;
      let calls = 0;
      history.replaceState = (...rest) => {
        document.body.dataset['calls'] = String(++calls);
        replaceState.apply(history, rest);
      };
    });
    const [from] = [Date.now()];
    await dragThreshold(page, 60, 200);
    const handle = page.getByRole('slider', { name: /Threshold of the global norm/ });
    const threshold = await handle.getAttribute('aria-valuenow');
    await expect.poll(() => page.url()).toContain(`clipByGlobalNorm%3A${threshold}`);
    const calls = Number(await page.evaluate(() => document.body.dataset['calls']));
    expect(calls).toBeLessThanOrEqual(3 + (Date.now() - from) / 400);
  });

  test('where both runs are over, no button pretends to go on', async () => {
    const { page } = await open('backend=cpu&pace=max&clip=none');
    const step = page.getByRole('button', { name: 'Step', exact: true });
    await expect.poll(async () => step.isDisabled()).toBe(true);
    expect(await page.locator('.run.raw .verdict').textContent()).toMatch(/Turn clipping on\.$/);
    await page.getByRole('button', { name: 'Clip by global norm' }).click();
    await expect.poll(async () => step.isEnabled()).toBe(true);
  });

  test('what is said is seen, however far down the page somebody is', async () => {
    const page = await paused('backend=cpu');
    await page.getByRole('button', { name: 'Copy' }).click();
    await expect.poll(async () => notice(page)).toMatch(/Copied|did not allow/);
    const box = await page.locator('.notices .notice').boundingBox();
    expect(box?.y).toBeGreaterThanOrEqual(0);
    expect(box?.y).toBeLessThan(900);
  });

  test('while another backend is tried, the badge does not say that the last one trains', async () => {
    const page = await paused('backend=cpu');
    await page.locator('.badge summary').click();
    await page.locator('.badge select').selectOption('wasm');
    await expect.poll(async () => title(page)).not.toBe('Trains on CPU');
    await expect.poll(async () => title(page)).toBe('Trains on WebAssembly');
  });

  test('everything can be reached and moved with the keyboard', async () => {
    const page = await paused('backend=cpu');
    await stepTo(page, 2);
    const reached = new Set<string>();
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate(() => {
          const { activeElement } = document;
          const label = activeElement?.getAttribute('aria-label') ?? '';
          return label === '' ? (activeElement?.textContent ?? '').replace(/\s+/g, ' ').trim() : label;
        }),
      );
    }
    for (const name of [
      'Train',
      'Step',
      'Restart',
      'Next seed: +1',
      'Take clipByGlobalNorm out',
      '+ value',
      'Code',
      'Copy',
      'Put it back',
    ])
      expect(reached).toContain(name);

    const threshold = page.getByRole('slider', { name: /Threshold of the global norm/ });
    await threshold.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => threshold.getAttribute('aria-valuenow')).toBe('0.55');
    await page.keyboard.press('PageDown');
    await expect.poll(async () => threshold.getAttribute('aria-valuenow')).toBe('0.275');

    const start = page.getByRole('slider', { name: /Start of both descents/ });
    const before = Number(await start.getAttribute('aria-valuenow'));
    await start.focus();
    await page.keyboard.press('Shift+ArrowRight');
    await expect
      .poll(async () => Number(await start.getAttribute('aria-valuenow')))
      .toBeCloseTo(before + 0.25, 6);

    await page.getByRole('tab', { name: 'Code' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(async () => page.getByRole('tab', { selected: true }).textContent())
      .toContain('Program');
    expect(await page.locator('pre').textContent()).toContain('norm(%');

    await page.getByRole('button', { name: 'Train', exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(async () => stepsOf(page, 'chain')).toBeGreaterThan(4);
  });

  test('the shaders of the chain are shown, each with its pass, and follow the chain', async () => {
    const page = await paused('backend=cpu&text=wgsl');
    const shaders = async (): Promise<string> => (await page.locator('pre').textContent()) ?? '';
    expect(await shaders()).toMatch(
      /^\/\/ pass 1 of 2, dispatches a step: 1\n\n[^]*@compute[^]*\/\/ pass 2 of 2/,
    );
    expect(await shaders()).toContain('clipByGlobalNorm');
    await page.getByRole('button', { name: '+ value' }).click();
    await expect.poll(shaders).toContain('clipByValue');
  });

  test('a hidden tab pauses, and goes on when it is seen again', async () => {
    const { page } = await open('backend=cpu&pace=60&task=simple');
    await expect.poll(async () => stepsOf(page, 'chain')).toBeGreaterThan(5);
    await setHidden(page, true);
    await page.waitForTimeout(300);
    const hidden = await stepsOf(page, 'chain');
    await page.waitForTimeout(1000);
    expect(await stepsOf(page, 'chain')).toBe(hidden);
    await setHidden(page, false);
    await expect.poll(async () => stepsOf(page, 'chain')).toBeGreaterThan(hidden);
  });

  test.each([
    ['light', 1200],
    ['dark', 1200],
    ['light', 375],
    ['dark', 320],
  ] as const)(
    'axe finds no violation in the %s theme at a width of %i, and nothing sticks out',
    async (colorScheme, width) => {
      const page = await paused(
        'backend=cpu&clip=clipByGlobalNorm:0.5,clipByNorm:1,clipByValue:0.1&arrow=3,4',
        {
          colorScheme,
          viewport: { width, height: 900 },
        },
      );
      await stepTo(page, 2);
      await page.locator('.badge summary').click();
      await page.evaluate(axe.source);
      const violations = await page.evaluate(
        'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))',
      );
      expect(violations).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      await page.screenshot({ path: report(`page-${colorScheme}-${width}.png`), fullPage: true });
    },
  );

  test('the policy is in force: code cannot be made of text', async () => {
    const page = await paused('backend=cpu');
    const refused = await page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
            resolve(effectiveDirective),
          );
          const script = document.createElement('script');
          script.textContent = 'globalThis.broken = true';
          document.body.append(script);
        }),
    );
    expect(refused).toMatch(/^script-src/);
    expect(
      await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content'),
    ).not.toContain("'unsafe");
    // The refusal itself is on the console, as it should be.
    opened = opened.map((demo) => ({
      ...demo,
      complaints: demo.complaints.filter((text) => !text.includes('inline script')),
    }));
  });

  test('the first load is at most 400 kB, compressed, without the backends', async () => {
    const { requests, page } = await open('backend=wasm', { reducedMotion: 'reduce' });
    await expect.poll(async () => title(page)).toMatch(/^Trains on/);
    const firstBackend = requests.findIndex((url) => /\/activate/.test(url));
    expect(firstBackend).toBeGreaterThan(2);
    const files = [...new Set(requests.slice(0, firstBackend))].map((url) =>
      new URL(url).pathname.replace('/some/where/', ''),
    );
    const sizes = files.map(
      (path) => gzipSync(readFileSync(built(path === '' ? 'index.html' : path))).length,
    );
    expect(files.some((path) => path.includes('trainingWorker'))).toBe(true);
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(400_000);
  });

  test('thousands of fast steps leave the number of tensors and the memory of the page flat', async () => {
    const { page } = await open('backend=wasm&task=simple&pace=max');
    const session = await page.context().newCDPSession(page);
    const tensors = async (): Promise<string> =>
      /(\d+) tensors/.exec((await page.locator('.badge-body').textContent()) ?? '')?.[1] ?? '';
    const heap = async (): Promise<number> => {
      await session.send('HeapProfiler.collectGarbage');
      return (await session.send('Runtime.getHeapUsage')).usedSize;
    };
    await expect.poll(async () => stepsOf(page, 'chain'), { timeout: 90_000 }).toBeGreaterThan(500);
    const [tensorsBefore, heapBefore] = [await tensors(), await heap()];
    const from = await stepsOf(page, 'chain');
    await expect.poll(async () => stepsOf(page, 'chain'), { timeout: 200_000 }).toBeGreaterThan(from + 2000);
    expect(await tensors()).toBe(tensorsBefore);
    expect((await heap()) - heapBefore).toBeLessThan(2e6);
  });

  test('a run of the trainer is read: its transform into the chain, its metrics into curves', async () => {
    const page = await paused('backend=cpu&task=simple');
    const transform = {
      transform: 'chain',
      options: {
        transforms: [
          { transform: 'clipByGlobalNorm', options: { maxNorm: 0.25 } },
          {
            transform: 'adamw',
            options: { learningRate: { schedule: 'constant', options: { value: 0.01 } }, weightDecay: 0.1 },
          },
        ],
      },
    };
    await page
      .locator('input[type=file]')
      .setInputFiles([
        file('config.json', JSON.stringify({ task: 'wages', seed: 1, transform })),
        file('metrics.jsonl', '{"step":1,"loss":2,"norm":3}\n{"step":2,"loss":1,"norm":4}\n'),
      ]);
    await expect
      .poll(async () => page.locator('.card.fixed').allTextContents())
      .toEqual(['clipByGlobalNorm', 'adamw']);
    await stepTo(page, 2);
    expect(await page.locator('.metrics h3').textContent()).toBe('metrics.jsonl: 2 steps');
    await page.getByRole('tab', { name: 'JSON' }).click();
    await expect
      .poll(async () => JSON.parse((await page.locator('pre').textContent()) ?? '{}'))
      .toEqual(transform);
    await page
      .locator('input[type=file]')
      .setInputFiles([file('wrong.json', '{"transform":{"transform":"clipByNrom","options":{}}}')]);
    await expect.poll(async () => page.locator('.notice').textContent()).toMatch(/wrong\.json: .*clipByNorm/);
    // The same file can be opened again once it is mended.
    expect(await page.locator('input[type=file]').inputValue()).toBe('');
  });

  test('metrics at or below 0 are drawn too, and so is a value that stands alone', async () => {
    const page = await paused('backend=cpu');
    await page
      .locator('input[type=file]')
      .setInputFiles([
        file(
          'metrics.jsonl',
          '{"step":1,"loss":-2,"norm":"NaN"}\n{"step":2,"loss":0,"norm":3}\n{"step":3,"loss":-1}\n',
        ),
      ]);
    await expect.poll(async () => page.locator('.metrics canvas').count()).toBe(2);
    const drawn = async (chart: number): Promise<number> =>
      page
        .locator('.metrics canvas')
        .nth(chart)
        .evaluate((canvas) => {
          if (!(canvas instanceof HTMLCanvasElement)) return 0;
          const { width, height } = canvas;
          const pixels = canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
          // Neither the grid's nor the labels' grey: the lines' colour, or ink.
          let count = 0;
          for (let at = 0; at < pixels.length; at += 4) {
            const [red = 0, green = 0, blue = 0, alpha = 0] = pixels.slice(at, at + 4);
            if (alpha > 200 && ((green - red > 60 && blue - red > 60) || red + green + blue < 110)) count++;
          }
          return count;
        });
    await expect.poll(async () => drawn(0)).toBeGreaterThan(100);
    await expect.poll(async () => drawn(1)).toBeGreaterThan(5);
  });

  test.skipIf(!hasWebgpu)(
    'the speed of this machine is measured on each backend that the browser has',
    { timeout: 240_000 },
    async () => {
      const page = await paused('backend=cpu&pace=5&task=simple');
      await page.getByRole('button', { name: 'Train', exact: true }).click();
      await page.getByRole('button', { name: 'Measure this machine' }).click();
      expect(await page.getByRole('button', { name: 'Train', exact: true }).isVisible()).toBe(true);
      await expect
        .poll(
          async () =>
            page
              .getByRole('button', { name: 'Measure again' })
              .isEnabled()
              .catch(() => false),
          { timeout: 230_000 },
        )
        .toBe(true);
      const titles = await page.locator('.speeds h3').allTextContents();
      expect(titles).toEqual(['WebGPU', 'WebAssembly', 'CPU']);
      const rows = await page.locator('.speeds tbody tr').allTextContents();
      expect(rows).toHaveLength(15);
      for (const row of rows)
        expect(row.replace(/\s+/g, ' ')).toMatch(/^ ?[\d,]+ [\d.e-]+ [\d.e-]+ [\d.e-]+× \d+ → \d+ ?$/);
      // Four leaves, in three dispatches where eight buffers can be bound at once, and in two where more can.
      for (const row of rows.slice(0, 5)) {
        const [theirs = NaN, ours = NaN] = (row.match(/(\d+) → (\d+)/) ?? []).slice(1).map(Number);
        expect(theirs).toBeGreaterThan(60);
        expect([2, 3]).toContain(ours);
      }
      // It paused for that, and goes on.
      expect(await page.getByRole('button', { name: 'Pause', exact: true }).isVisible()).toBe(true);
    },
  );
});

async function title(page: Page): Promise<string> {
  return (await page.locator('.badge summary').innerText()).replace('▾', '').trim();
}

/** What the page says to the person. */
async function notice(page: Page): Promise<string> {
  return (await page.locator('.notices').innerText()).replace('×', '').replace(/\s+/g, ' ').trim();
}

/** How far a run has come; 0 before its first step and after its end. */
/** Puts a text into a field as people do: key by key, over what is there. */
async function typeInto(field: Locator, text: string): Promise<void> {
  await field.click();
  await field.press('Control+a');
  await field.press('Backspace');
  await field.pressSequentially(text, { delay: 60 });
}

async function stepsOf(page: Page, side: 'raw' | 'chain'): Promise<number> {
  const text = (await page.locator(`.run.${side} .verdict`).textContent()) ?? '';
  return Number(/^Step (\d+)/.exec(text)?.[1] ?? 0);
}

async function stepTo(page: Page, step: number): Promise<void> {
  while ((await stepsOf(page, 'chain')) < step) {
    const before = await stepsOf(page, 'chain');
    await page.getByRole('button', { name: 'Step', exact: true }).click();
    await expect.poll(async () => stepsOf(page, 'chain'), { timeout: 30_000 }).toBe(before + 1);
  }
}

async function dragThreshold(page: Page, by: number, steps = 4): Promise<void> {
  const knob = page.locator('.histogram .knob');
  await knob.scrollIntoViewIfNeeded();
  const box = await knob.boundingBox();
  if (box === null) throw new Error('The handle is not on the page.');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + by, y, { steps });
  await page.mouse.up();
}

async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

function file(name: string, text: string): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: 'application/json', buffer: Buffer.from(text) };
}

function built(path: string): string {
  return fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
}

function report(name: string): string {
  return fileURLToPath(new URL(`../reports/${name}`, import.meta.url));
}
