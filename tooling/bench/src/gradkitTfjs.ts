import { toOptimizer, type Binding } from '@gradkit/tfjs';
import { localSession, type Contestant } from './contestant.ts';
import { parameterCount } from './parameterTree.ts';
import { activateBackend, tfjsVersion, tooLargeForBackend, type TfjsBackend } from './tfjsBackend.ts';
import { tfjsStart } from './tfjsStart.ts';
import { transforms } from './transforms.ts';
import type { UpdateTask } from './updateTask.ts';

/** Gradkit as a TensorFlow.js optimizer; without a binding, operation by operation. */
export function gradkitTfjs(options: {
  readonly name: string;
  readonly label: string;
  readonly backend: TfjsBackend;
  readonly binding?: () => Binding;
}): Contestant<UpdateTask> {
  const { name, label, backend, binding } = options;
  return {
    name,
    label,
    version: async () => tfjsVersion(backend),
    tooLarge: (task) =>
      binding === undefined && parameterCount(task.tree) > 1e5
        ? 'operation by operation is for small nets'
        : tooLargeForBackend(backend)(task),
    open: async (task) => {
      await activateBackend(backend);
      const { gradients, read, dispose } = tfjsStart(task);
      const optimizer = toOptimizer(
        transforms[task.transform](task.settings),
        binding && { binding: binding() },
      );
      return localSession({
        activate: () => activateBackend(backend),
        step: () => optimizer.applyGradients(gradients),
        parameters: read,
        dispose: () => {
          optimizer.dispose();
          dispose();
        },
      });
    },
  };
}
