import { createStepper, chain } from '../core/src/index.ts';
import { clipByGlobalNorm } from '../clip-norm/src/index.ts';
import { adam } from '../optimizers/src/index.ts';
import { createWasmEngine } from './src/index.ts';
const N = 10,
  L = 1024 * 1024;
const mk = (threads: number) => {
  const params: Record<string, any> = {};
  for (let i = 0; i < N; i++) {
    const v = new Float32Array(L);
    for (let j = 0; j < L; j++) {
      v[j] = ((j * 7919) % 1000) / 1000 - 0.5;
    }
    params['p' + i] = { values: v, shape: [1024, 1024] };
  }
  const st = createStepper(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 })), params, {
    engine: createWasmEngine({ threads }),
  });
  const own = st.gradients();
  for (const k in own) {
    const a = own[k]!;
    for (let j = 0; j < L; j++) a[j] = ((j * 104729) % 997) / 997 - 0.5;
  }
  return st;
};
const med = (a: number[]) => a.toSorted((x, y) => x - y)[a.length >> 1]!;
const cases: any = { one: mk(1), two: mk(2) };
await new Promise((r) => setTimeout(r, 300));
const grads: any = {};
for (const [k, v] of Object.entries(cases.one.gradients())) grads[k] = (v as Float32Array).slice();
const T: any = { one: [], two: [], handed: [], copy: [] };
const src = new Float32Array(L * 40).fill(1),
  dst = new Float32Array(L * 40).fill(2);
for (let r = 0; r < 40; r++) {
  for (const k in cases) {
    const t = performance.now();
    cases[k].step();
    T[k].push(performance.now() - t);
  }
}
const a = cases.one.params().p3,
  b = cases.two.params().p3;
console.log(
  'same bits',
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0,
  a[5],
);
for (let r = 0; r < 30; r++) {
  let t = performance.now();
  cases.one.step(grads);
  T.handed.push(performance.now() - t);
  t = performance.now();
  dst.set(src);
  T.copy.push(performance.now() - t);
}
for (const k in T) console.log(k, 'med', med(T[k].slice(10)).toFixed(2), 'min', Math.min(...T[k]).toFixed(2));
console.log('copy GB/s', 335.5 / med(T.copy));
