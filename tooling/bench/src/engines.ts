import { loopEngine, type Engine } from '@gradkit/core';
import { wasmEngine } from '@gradkit/wasm';

/** Gradkit's engines without a framework. A new one is a line here. */
export const engines: Readonly<Record<'loops' | 'wasm', { label: string; open: () => Promise<Engine> }>> = {
  loops: { label: 'loops of plain JavaScript', open: async () => loopEngine() },
  wasm: { label: 'wasm engine', open: () => wasmEngine() },
};
