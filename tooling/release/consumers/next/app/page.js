import { wasmEngine } from '@gradkit/wasm';
import { Client } from './client.js';
import { clippedStep } from './steps.js';

export default async function Page() {
  return (
    <main>
      <p>{`server: ${clippedStep(await wasmEngine())}; ${clippedStep(await wasmEngine({ threads: 2 }))}`}</p>
      <Client />
    </main>
  );
}
