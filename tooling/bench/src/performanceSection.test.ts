import { expect, test } from 'vitest';
import { exampleResults } from './exampleResults.ts';
import { performanceSection, withPerformanceSection } from './performanceSection.ts';

test('the section quotes machine, times, ratios, pictures and targets', () => {
  expect(performanceSection(exampleResults, 'docs/performance')).toMatchInlineSnapshot(`
    "Measured on Difference Engine, 2 cores, 1 GB, Linux 6, Node 22.1.0, PyTorch 2. Everybody takes turns in one run; a time is the median of the rounds. [The numbers](docs/performance/results.json); \`npx -y pnpm@12.21.0 bench\` takes them anew.

    Clip by global norm and Adam, one step:

    |                      | SimpleNet | 10 x 1024x1024 | x PyTorch |
    | :------------------- | --------: | -------------: | --------: |
    | the torch-1          |    100 µs |        10.0 ms |      1.00 |
    | the gradkit-tfjs-cpu |   10.0 µs |              – |         – |
    | the tfjs-cpu         |    150 µs |         3.50 s |       350 |
    | the copy             |         – |        10.0 ms |      1.00 |
    | the copy-wasm        |         – |        8.00 ms |     0.800 |
    | the gradkit-wasm     |         – |        8.00 ms |     0.800 |

    <!-- webgpu: begin -->

    On WebGPU: what a step asks of the device, counts only: no card has been measured yet.

    |           |                     device |                    | dispatches | submits | buffers made |
    | :-------- | -------------------------: | -----------------: | ---------: | ------: | -----------: |
    | SimpleNet | Analytical Engine, in Node | the gradkit-webgpu |          3 |       1 |            0 |
    | SimpleNet | Analytical Engine, in Node |    the tfjs-webgpu |         72 |       5 |           29 |

    <!-- webgpu: end -->

    ![Time of a step by the number of parameters](docs/performance/sizes.svg)

    What is promised, and what was measured:

    | what                                                                  |          promised | measured |         |
    | :-------------------------------------------------------------------- | ----------------: | -------: | :------ |
    | wasm engine, one thread, beside PyTorch on one thread, 10 x 1024x1024 |  ≤ 1.00 x as long |  0.800 x | met     |
    | wasm engine, one thread, beside the copy bandwidth, 10 x 1024x1024    | ≥ 0.800 x as fast |   1.00 x | met     |
    | @gradkit/tfjs-cpu beside tf ops + tf.train.adam on cpu, SimpleNet     |  ≥ 20.0 x as fast |   15.0 x | not met |"
  `);
});

test('only what is between the comments changes, and writing twice changes nothing', () => {
  const readme = '# A\n\n<!-- performance: begin -->\nold\n<!-- performance: end -->\n\n## B\n';
  const once = withPerformanceSection(readme, 'new');
  expect(once).toBe('# A\n\n<!-- performance: begin -->\n\nnew\n\n<!-- performance: end -->\n\n## B\n');
  expect(withPerformanceSection(once, 'new')).toBe(once);
});

test('a README without the comments is refused', () => {
  expect(() => withPerformanceSection('# A\n', 'new')).toThrow('<!-- performance: begin -->');
});
