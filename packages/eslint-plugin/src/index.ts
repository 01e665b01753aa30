import { noSymbolicTruthiness } from './noSymbolicTruthiness.ts';

/**
 * What ESLint's flat configuration takes under `plugins`. The rules are there, but not in the type: ESLint's type of a rule and
 * typescript-eslint's do not fit each other under exactOptionalPropertyTypes.
 */
export interface GradkitPlugin {
  readonly meta: { readonly name: string };
}

/** The plugin's name, for what `require` gives: that is a plugin too. */
export const meta: GradkitPlugin['meta'] = { name: '@gradkit/eslint-plugin' };

/** The rules by name, for what `require` gives: that is a plugin too. */
export const rules: { readonly 'no-symbolic-truthiness': typeof noSymbolicTruthiness } = {
  'no-symbolic-truthiness': noSymbolicTruthiness,
};

const withRules = { meta, rules };

/**
 * The plugin `@gradkit`. Its rules need type information (`parserOptions.projectService`).
 *
 * @example
 * { plugins: { '@gradkit': gradkit }, rules: { '@gradkit/no-symbolic-truthiness': 'error' } }
 */
const plugin: GradkitPlugin = withRules;

export default plugin;
export { noSymbolicTruthiness, type MessageId } from './noSymbolicTruthiness.ts';
