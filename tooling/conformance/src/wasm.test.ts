import { createStepper } from '@gradkit/core';
import { createWasmEngine } from '@gradkit/wasm/binding';
import { conformanceSuite } from './conformanceSuite.ts';

const engine = createWasmEngine();

conformanceSuite({
  name: engine.name,
  create: (transform, params) => createStepper(transform, params, { engine }),
});
