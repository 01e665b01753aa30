import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

// The process of Verdaccio. It lives no longer than who started it: however that ends, this end of the pipe closes, and the server goes
// and takes the temporary folder with it.
const [folder = '', binary = ''] = process.argv.splice(2, 2);
process.stdin.resume();
process.stdin.once('end', () => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  process.exit();
});
await import(pathToFileURL(binary).href);
