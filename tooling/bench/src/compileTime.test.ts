import { expect, test } from 'vitest';
import { compileTime } from './compileTime.ts';
import { engines } from './engines.ts';

test('every engine is started in processes of its own', async () => {
  const { points } = await compileTime.run({
    quick: true,
    takesPart: () => true,
    progress: () => undefined,
  });
  expect(points[0]?.rows.map(({ contestant }) => contestant)).toEqual(
    Object.keys(engines).map((name) => `compile-${name}`),
  );
  for (const { rounds } of points[0]?.rows ?? []) {
    expect(rounds).toHaveLength(3);
    expect(rounds.every(({ milliseconds }) => milliseconds > 0)).toBe(true);
  }
});
