// Builds the page, and the program for Node, and says from which files of Gradkit.
import { build } from 'vite';

const files = new Set();
const plugins = [
  {
    name: 'files',
    generateBundle(_, bundle) {
      for (const { modules = {} } of Object.values(bundle)) {
        for (const id of Object.keys(modules)) {
          const [file] = /@gradkit\/[\w-]+\/dist\/[\w.-]+/.exec(id) ?? [];
          if (file !== undefined) files.add(file);
        }
      }
    },
  },
];
const shared = { logLevel: 'error', plugins };
await build({ ...shared, build: { outDir: 'dist/page', target: 'es2022', modulePreload: false } });
await build({
  ...shared,
  ssr: { noExternal: true },
  build: { outDir: 'dist/node', target: 'es2022', ssr: 'main.js' },
});
console.log(JSON.stringify({ complaints: [], files: [...files].sort() }));
