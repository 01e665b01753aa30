import { referenceEngine, type Engine } from '@gradkit/core';
import { wasmEngine } from '@gradkit/wasm';

/** Gradkit's engines without a framework. A new one is a line here. */
export const engines: Readonly<Record<'reference' | 'wasm', { label: string; open: () => Promise<Engine> }>> =
  {
    reference: { label: 'reference interpreter', open: async () => referenceEngine() },
    wasm: { label: 'wasm engine', open: () => wasmEngine() },
  };
