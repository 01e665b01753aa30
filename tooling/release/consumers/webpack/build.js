// Builds each program for Node and for the web, and says from which files of Gradkit.
const path = require('node:path');
const webpack = require('webpack');

const programs = ['imports', 'requires'].flatMap((program) =>
  ['node', 'web'].map((target) => ({
    mode: 'production',
    target,
    context: __dirname,
    entry: `./${program}.js`,
    experiments: { topLevelAwait: true },
    performance: false,
    output: { path: path.join(__dirname, 'dist', program, target), filename: 'main.cjs', publicPath: '' },
    plugins: target === 'web' ? [new webpack.optimize.LimitChunkCountPlugin({ maxChunks: 1 })] : [],
  })),
);

webpack(programs, (error, stats) => {
  if (error) throw error;
  const { children } = stats.toJson({
    all: false,
    modules: true,
    nestedModules: true,
    errors: true,
    warnings: true,
  });
  const files = new Set();
  const walk = (modules = []) => {
    for (const { name = '', modules: inner } of modules) {
      for (const [file] of name.matchAll(/@gradkit\/[\w-]+\/dist\/[\w.-]+/g)) files.add(file);
      walk(inner);
    }
  };
  for (const { modules } of children) walk(modules);
  const complaints = children
    .flatMap(({ errors, warnings }) => [...errors, ...warnings])
    .map(({ message }) => message);
  console.log(JSON.stringify({ complaints, files: [...files].sort() }));
});
