'use client';

import { wasmEngine } from '@gradkit/wasm';
import { useEffect, useState } from 'react';
import { clippedStep } from './steps.js';

export function Client() {
  const [onWasm, setOnWasm] = useState('');
  useEffect(() => {
    wasmEngine().then((engine) => setOnWasm(clippedStep(engine)));
  }, []);
  return (
    <p>
      client: {clippedStep()}; {onWasm}
    </p>
  );
}
