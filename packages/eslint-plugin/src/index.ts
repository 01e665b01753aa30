import type { TSESLint } from '@typescript-eslint/utils';
import { noSymbolicTruthiness, type MessageId } from './noSymbolicTruthiness.ts';

/** A plugin as ESLint's flat configuration takes it. */
export interface GradkitPlugin {
  readonly meta: { readonly name: string };
  readonly rules: { readonly 'no-symbolic-truthiness': TSESLint.RuleModule<MessageId> };
}

/**
 * The plugin `@gradkit`. Its rules need type information (`parserOptions.projectService`).
 *
 * @example
 * { plugins: { '@gradkit': gradkit }, rules: { '@gradkit/no-symbolic-truthiness': 'error' } }
 */
const plugin: GradkitPlugin = {
  meta: { name: '@gradkit/eslint-plugin' },
  rules: { 'no-symbolic-truthiness': noSymbolicTruthiness },
};

export default plugin;
export type { MessageId };
