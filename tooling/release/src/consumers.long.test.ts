import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { userNode } from './userNode.ts';
import { userShell } from './userShell.ts';

const consumers = fileURLToPath(new URL('../consumers', import.meta.url));
const { folder, npmrc } = inject('release');

/** Makes a user's project of a folder of `consumers`, with its dependencies installed. */
function consumer(name: string): string {
  const place = join(folder, 'consumers', name);
  beforeAll(async () => {
    cpSync(join(consumers, name), place, { recursive: true });
    writeFileSync(join(place, '.npmrc'), npmrc);
    await userShell(place)('npm', 'install', '--no-audit', '--no-fund');
  });
  return place;
}

interface Built {
  readonly complaints: readonly string[];
  /** The files of the packages that went into a bundle. */
  readonly files: readonly string[];
}

describe('Jest', () => {
  const place = consumer('jest');
  const programs = { plain: '', babel: '', esm: '--experimental-vm-modules' };

  test.each(Object.entries(programs))('%s runs the packages', async (project, flags) => {
    const env = { CI: 'true', ...(flags === '' ? {} : { NODE_OPTIONS: flags }) };
    const sh = userShell(place, { env });
    await sh('npx', 'jest', '--rootDir', project, '--json', '--outputFile', `${project}.json`);
    const report: unknown = JSON.parse(readFileSync(join(place, `${project}.json`), 'utf8'));
    expect(report).toMatchObject({ numPassedTests: 5, numTotalTests: 5 });
  });
});

describe('webpack', () => {
  const place = consumer('webpack');

  test('bundles ES modules only, whether they are imported or required', async () => {
    const { complaints, files }: Built = JSON.parse(await userShell(place)('node', 'build.js'));
    expect(complaints).toEqual([]);
    expect(files).toContain('@gradkit/core/dist/index.js');
    expect(files.filter((file) => !file.endsWith('.js'))).toEqual([]);
  });

  // TensorFlow.js's own build for pages does not run in Node, so that what requires it is only built for the web.
  test.each([
    ['imports', 'node', '-12.000,-16.000'],
    ['imports', 'web', '-12.000,-16.000'],
    ['requires', 'node', '-0.600,-0.800'],
  ])('the bundle of %s for %s runs', async (program, target, output) => {
    // A page's names for its global object and its address.
    const page = `globalThis.self = globalThis; globalThis.location = new URL('http://localhost/');`;
    const start = `${target === 'web' ? page : ''} require('./dist/${program}/${target}/main.cjs')`;
    const printed = await userShell(place)('node', '--eval', start);
    expect(printed.split('\n').at(-1)).toBe(output);
  });

  test('a bundle starts threads, or does without where their file is missing', async () => {
    const sh = userShell(place, { env: { THREADS: '2' } });
    const bundle = join(place, 'dist/imports/node');
    expect(await sh('node', 'dist/imports/node/main.cjs')).toBe('-12.000,-16.000');
    const others = readdirSync(bundle).filter((file) => file !== 'main.cjs');
    const ofThreads = others.filter((file) => readFileSync(join(bundle, file), 'utf8').includes('isOver]'));
    for (const file of ofThreads) rmSync(join(bundle, file));
    expect(ofThreads.length).toBeGreaterThan(0);
    expect((await sh('node', 'dist/imports/node/main.cjs')).split('\n').at(-1)).toBe('-12.000,-16.000');
  });
});

describe('Vite', () => {
  const place = consumer('vite');

  test('bundles ES modules only, and the thread of the engine', async () => {
    const { complaints, files }: Built = JSON.parse(await userShell(place)('node', 'build.js'));
    expect(complaints).toEqual([]);
    expect(files).toContain('@gradkit/core/dist/index.js');
    expect(files.filter((file) => !file.endsWith('.js'))).toEqual([]);
    const assets = readdirSync(join(place, 'dist/page/assets'));
    expect(assets.filter((file) => /^passWorker-.*\.js$/.test(file))).toHaveLength(1);
  });

  test('the page runs, and so does the program for Node, with threads or without their file', async () => {
    const page = readdirSync(join(place, 'dist/page/assets')).find((file) => file.startsWith('index-')) ?? '';
    expect(await userShell(place)('node', join('dist/page/assets', page))).toBe('-12.000,-16.000');
    for (const THREADS of ['1', '2']) {
      const printed = await userShell(place, { env: { THREADS } })('node', 'dist/node/main.js');
      expect(printed.split('\n').at(-1)).toBe('-12.000,-16.000');
    }
  });
});

describe('Next', () => {
  const place = consumer('next');

  test.each(['--turbopack', '--webpack'])(
    'next build %s computes on the server and for the client',

    async (bundler) => {
      rmSync(join(place, '.next'), { recursive: true, force: true });
      const sh = userShell(place, { env: { NEXT_TELEMETRY_DISABLED: '1', CI: 'true' } });
      await sh('npx', 'next', 'build', bundler);
      const page = readFileSync(join(place, '.next/server/app/index.html'), 'utf8').replaceAll(
        '<!-- -->',
        '',
      );
      expect(page).toContain('server: -0.600,-0.800; -0.600,-0.800');
      expect(page).toContain('client: -0.600,-0.800');
    },
  );
});

describe('TypeScript', () => {
  const place = consumer('typescript');
  const output = '-0.600,-0.800 true true';
  const common = [
    '--strict',
    '--exactOptionalPropertyTypes',
    '--skipLibCheck',
    'false',
    '--target',
    'es2022',
  ];
  const settings = [
    { compiler: 'typescript', module: 'commonjs', resolution: 'node10', file: 'cts' },
    { compiler: 'typescript', module: 'node16', resolution: 'node16', file: 'cts' },
    { compiler: 'typescript', module: 'node16', resolution: 'node16', file: 'mts' },
    { compiler: 'typescript', module: 'nodenext', resolution: 'nodenext', file: 'cts' },
    { compiler: 'typescript', module: 'nodenext', resolution: 'nodenext', file: 'mts' },
    { compiler: 'typescript', module: 'esnext', resolution: 'bundler', file: 'mts' },
    { compiler: 'typescript-7', module: 'node16', resolution: 'node16', file: 'cts' },
    { compiler: 'typescript-7', module: 'nodenext', resolution: 'nodenext', file: 'mts' },
    { compiler: 'typescript-7', module: 'esnext', resolution: 'bundler', file: 'mts' },
  ] as const;

  test.each(settings)(
    '$compiler compiles a .$file with moduleResolution $resolution, and it runs',
    async ({ compiler, module, resolution, file }) => {
      const project = join(place, `${compiler}-${resolution}-${file}`);
      cpSync(join(place, 'program.ts'), join(project, `program.${file}`));
      const options = ['--module', module, '--moduleResolution', resolution, '--lib', 'es2022,dom'];
      const tsc = join(place, 'node_modules', compiler, 'bin/tsc');
      await userShell(project)('node', tsc, ...common, ...options, `program.${file}`);
      expect(await userShell(project)('node', `program.${file.replace('ts', 'js')}`)).toBe(output);
    },
  );

  for (const { version, binary, isMissing } of (['20.10', '22.11'] as const).map(userNode)) {
    test.skipIf(isMissing).each(settings)(
      `what $compiler made of a .$file with moduleResolution $resolution runs on Node ${version}`,
      async ({ compiler, resolution, file }) => {
        const sh = userShell(join(place, `${compiler}-${resolution}-${file}`), { binary });
        expect(await sh('node', `program.${file.replace('ts', 'js')}`)).toBe(output);
      },
    );
  }
});

describe('Node', () => {
  const place = consumer('loaders');
  const versions = [
    { version: '20.10', isOne: false },
    { version: '22.11', isOne: false },
    { version: 20, isOne: true },
    { version: 'of the tools', isOne: true },
    { version: 24, isOne: true },
  ] as const;

  for (const { version, isOne } of versions) {
    const { binary, isMissing } = userNode(version);
    test.skipIf(isMissing)(
      `the packages load by require and by import on Node ${version}, and work with one another`,
      async () => {
        const sh = userShell(place, { binary });
        if (binary !== undefined)
          expect(await sh('node', '--version')).toMatch(
            new RegExp(`^v${String(version).replace('.', String.raw`\.`)}\\.`),
          );
        const [loaded = '', ...steps] = (await sh('node', 'both.cjs'))
          .split('\n')
          .filter((line) => /^[{-]/.test(line));
        // Where Node can require ES modules, a process has one copy, else one for each way to load it.
        expect(JSON.parse(loaded)).toEqual({ entries: 14, same: isOne ? 14 : 0, different: [] });
        expect(steps).toEqual(['-0.600,-0.800 -0.600,-0.800 true', '-0.600,-0.800 -0.600,-0.800 true']);
        expect(await sh('node', 'imports.mjs')).toBe(
          '0.600,0.800\nno-symbolic-truthiness no-symbolic-truthiness @gradkit/eslint-plugin',
        );
      },
    );
  }
});
