import { expect, test } from 'vitest';
import { createGradientLog } from './gradientLog.ts';

test('keeps the largest norm and the share of steps with a scale below 1', () => {
  const log = createGradientLog();
  log.record({ 'clipByGlobalNorm.norm': 5, 'clipByGlobalNorm.scale': 0.2 });
  log.record({ 'clipByGlobalNorm.norm': 1, 'clipByGlobalNorm.scale': 1 });
  log.record({ 'clipByGlobalNorm.norm': 2, 'clipByGlobalNorm.scale': 0.5 });
  log.record({ 'clipByGlobalNorm.norm': 0.5, 'clipByGlobalNorm.scale': 1 });
  expect(log.summary()).toEqual({ steps: 4, largestNorm: 5, clippedShare: 0.5 });
});

test('counts a step in which one entry was cut off', () => {
  const log = createGradientLog();
  log.record({ 'globalNorm.norm': 3, 'clipByValue.clippedFraction': 0.01 });
  log.record({ 'globalNorm.norm': 4, 'clipByValue.clippedFraction': 0 });
  expect(log.summary()).toEqual({ steps: 2, largestNorm: 4, clippedShare: 0.5 });
});

test('does not hide a norm that is NaN', () => {
  const log = createGradientLog();
  log.record({ 'globalNorm.norm': NaN });
  log.record({ 'globalNorm.norm': 4 });
  expect(log.summary()).toEqual({ steps: 2, largestNorm: NaN, clippedShare: 0 });
});
