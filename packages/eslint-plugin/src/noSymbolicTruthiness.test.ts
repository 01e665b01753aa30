import parser from '@typescript-eslint/parser';
import { RuleTester } from '@typescript-eslint/rule-tester';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, it } from 'vitest';
import { noSymbolicTruthiness } from './noSymbolicTruthiness.ts';

RuleTester.afterAll = afterAll;
RuleTester.describe = describe;
RuleTester.it = it;

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));

const tester = new RuleTester({
  languageOptions: {
    parser,
    parserOptions: { project: './tsconfig.json', tsconfigRootDir: fixtures },
  },
});

const symbols = `
  import { isNaN, where, type Leaf, type Mask, type Operand, type Scalar } from '@gradkit/core';
  declare const leaf: Leaf;
  declare const scalar: Scalar;
  declare const mask: Mask<'leaf'>;
  declare const maybe: Leaf | undefined;
  declare const operand: Operand;
  declare const leaves: readonly Leaf[];
  declare const count: number;
`;

const withSymbols = (code: string) => ({ name: code, code: symbols + code, filename: 'transform.ts' });

const bad = (code: string, messageId: 'truthiness' | 'operator' = 'truthiness') => ({
  ...withSymbols(code),
  errors: [{ messageId }],
});

tester.run('no-symbolic-truthiness', noSymbolicTruthiness, {
  valid: [
    'where(mask, leaf, 0);',
    'if (count > 0) where(mask, leaf, 0);',
    'if (maybe === undefined) throw new Error();',
    'maybe !== undefined && where(mask, maybe, 0);',
    'const present = maybe ?? leaf;',
    'maybe?.pieces;',
    "if (typeof operand === 'number' && operand < 0) throw new Error();",
    'operand === 0;',
    "'pieces' in leaf;",
    'leaves.filter((one) => one.pieces.size > 0);',
    'leaves.map((one) => isNaN(one));',
    'const chosen = count > 0 ? leaf : scalar;',
    'count > 0 && leaf;',
    'let total = 0; total += count;',
    'for (let i = 0; i < count; i++) where(mask, leaf, i);',
    'function generic<T extends number>(value: T): boolean { return value > 0; }',
    'if (undeclared) where(mask, leaf, 0);',
  ].map(withSymbols),
  invalid: [
    bad('if (mask) where(mask, leaf, 0);'),
    bad('if (isNaN(leaf)) where(mask, leaf, 0);'),
    bad('if (maybe) where(mask, maybe, 0);'),
    bad('if (operand) where(mask, operand, 0);'),
    bad('while (mask) break;'),
    bad('do {} while (mask);'),
    bad('for (; mask; ) break;'),
    bad('const a = mask ? leaf : scalar;'),
    bad('const a = !mask;'),
    bad('const a = !!mask;'),
    bad('const a = mask && leaf;'),
    bad('const a = mask || leaf;'),
    bad('const a = leaf ?? scalar;'),
    bad('if (count > 0 && mask) where(mask, leaf, 0);'),
    bad('if (mask && count > 0) where(mask, leaf, 0);'),
    bad('const a = count > 0 && mask && leaf;'),
    bad('const a = !(count > 0 && mask);'),
    bad('let a = leaf; a ||= leaf;'),
    bad('let a = leaf; a &&= leaf;'),
    bad('let a = leaf; a ??= leaf;'),
    bad('Boolean(mask);'),
    bad('switch (scalar) { default: }'),
    bad('leaves.some((one) => isNaN(one));'),
    bad('leaves.filter((one) => isNaN(one));'),
    bad('function generic<T extends Leaf>(value: T): number { return value ? 1 : 0; }'),
    bad('if (leaf < 1) where(mask, leaf, 0);', 'operator'),
    bad('const a = 1 >= operand;', 'operator'),
    bad('const a = -leaf;', 'operator'),
    bad('const a = leaf * 2;', 'operator'),
    bad("const a = leaf + '';", 'operator'),
    bad('const a = leaf === scalar;', 'operator'),
    bad('const a = scalar !== 0;', 'operator'),
    bad('const a = 0 == scalar;', 'operator'),
    bad('let a = 0; a += leaf;', 'operator'),
    bad('let a = leaf; a++;', 'operator'),
    {
      ...withSymbols('const a = leaf - scalar;'),
      errors: [{ messageId: 'operator' }, { messageId: 'operator' }],
    },
  ],
});
