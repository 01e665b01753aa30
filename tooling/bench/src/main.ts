import { runCli } from './cli.ts';

const code = await runCli(process.argv.slice(2));
// Threads of the engines and PyTorch's child would keep the process waiting.
process.exit(code);
