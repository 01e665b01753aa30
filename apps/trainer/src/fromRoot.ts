// What `pnpm trainer` at the root of the repository runs, from the sources, so that there is nothing to build. pnpm runs scripts in
// the folder of their package; paths on the command line are meant from where the person stands.
process.chdir(process.env['INIT_CWD'] ?? process.cwd());
await import('./main.ts');

export {};
