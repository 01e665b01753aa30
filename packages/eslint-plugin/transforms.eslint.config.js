// Holds this repository's own transforms to the rule; the package's `check` script runs it from the root.
import parser from '@typescript-eslint/parser';
import gradkit from './src/index.ts';

export default [
  {
    files: ['packages/*/src/**/*.ts'],
    // Tests show what the operators do to a symbol.
    ignores: ['**/*.test.ts', '**/*.test-d.ts'],
    plugins: { '@gradkit': gradkit },
    languageOptions: {
      parser,
      parserOptions: { projectService: true, tsconfigRootDir: new URL('../..', import.meta.url).pathname },
    },
    rules: { '@gradkit/no-symbolic-truthiness': 'error' },
  },
];
