import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  batchOfCharacters,
  charTransformer,
  charTransformerTree,
  type TransformerTask,
} from './charTransformer.ts';
import type { Contestant, Session } from './contestant.ts';
import { simpleNetTree } from './parameterTree.ts';
import { batch, type TrainingTask } from './trainingTask.ts';
import type { UpdateTask } from './updateTask.ts';

const script = fileURLToPath(new URL('../torchPeer.py', import.meta.url));

/** The Python that is asked for torch. */
function pythonCommand(): string {
  return process.env['GRADKIT_BENCH_PYTHON'] ?? 'python3';
}

interface Peer {
  ask(request: object): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * PyTorch with a number of threads (0: all of the machine's): `clip_grad_norm_` and `Adam(fused=True)`. It runs in a process of its own
 * that lives as long as the benchmark and times its own steps.
 */
export function pytorch(threads: number): Contestant<UpdateTask | TrainingTask | TransformerTask> {
  let peer: Promise<Peer> | undefined;
  let sessions = 0;
  const open = (): Promise<Peer> => (peer ??= startPeer(threads));
  return {
    name: threads === 0 ? 'torch-all' : `torch-${threads}`,
    label: threads === 0 ? 'PyTorch, all threads' : `PyTorch, ${threads} thread${threads === 1 ? '' : 's'}`,
    missing: async () => {
      const { error } = await pythonHasTorch();
      return error;
    },
    version: async () => String(await (await open()).ask({ op: 'version' })),
    open: async (task) => {
      const { ask } = await open();
      const session = `${sessions++}`;
      await ask({ op: 'open', session, task: describe(task) });
      return sessionOf(ask, session);
    },
    close: async () => {
      const running = peer;
      peer = undefined;
      await (await running)?.close();
    },
  };
}

function describe(task: UpdateTask | TrainingTask | TransformerTask): object {
  if (task.kind === 'transformer') {
    const { inputs, targets } = batchOfCharacters();
    return {
      ...task,
      ...charTransformer,
      leaves: charTransformerTree.leaves.map(({ name }) => name),
      shapes: charTransformerTree.leaves.map(({ shape }) => shape),
      inputs: Array.from(inputs),
      targets: Array.from(targets),
    };
  }
  if (task.kind === 'training') {
    const shapes = simpleNetTree.leaves.map(({ shape }) => shape);
    return { ...task, shapes, batch: [batch.inputs, batch.targets] };
  }
  if (task.transform !== 'clip + Adam') throw new Error(`PyTorch is not measured with ${task.transform}.`);
  return { ...task, shapes: task.tree.leaves.map(({ shape }) => shape) };
}

function sessionOf(ask: Peer['ask'], session: string): Session {
  return {
    run: async (steps) => Number(await ask({ op: 'run', session, steps })),
    parameters: async () => {
      const leaves = await ask({ op: 'parameters', session });
      if (!Array.isArray(leaves)) throw new Error('PyTorch gave no parameters.');
      return leaves.map((leaf) => Float32Array.from(leaf));
    },
    dispose: async () => void (await ask({ op: 'close', session })),
  };
}

let found: Promise<{ error: string | undefined }> | undefined;

function pythonHasTorch(): Promise<{ error: string | undefined }> {
  return (found ??= askForTorch());
}

async function askForTorch(): Promise<{ error: string | undefined }> {
  const command = pythonCommand();
  const error =
    `PyTorch is left out: ${command} has no torch. ` +
    `Install torch and name its Python in GRADKIT_BENCH_PYTHON to have its columns.`;
  const child = spawn(command, ['-c', 'import torch'], { stdio: 'ignore' });
  const code = await new Promise<unknown>((resolve) => {
    child.once('error', resolve);
    child.once('exit', resolve);
  });
  return { error: code === 0 ? undefined : error };
}

async function startPeer(threads: number): Promise<Peer> {
  const child = spawn(pythonCommand(), [script, String(threads)], { stdio: 'pipe' });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  await once(child, 'spawn');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let queue: Promise<unknown> = Promise.resolve();
  const exchange = async (request: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value: line, done } = await lines.next();
    if (done === true) throw new Error(`PyTorch's process ended: ${complaints.trim()}`);
    const reply: { value?: unknown; error?: string } = JSON.parse(line);
    if (reply.error !== undefined) throw new Error(`PyTorch: ${reply.error}`);
    return reply.value;
  };
  return {
    // One request at a time: answers come in the order of the requests.
    ask: (request) => {
      const answer = queue.then(() => exchange(request));
      queue = answer.catch(() => undefined);
      return answer;
    },
    close: () => end(child),
  };
}

async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null) return;
  child.stdin.end();
  await once(child, 'exit');
}
