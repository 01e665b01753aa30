import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { UpdateTask } from '@gradkit/bench/updateTask';
import { comparedPlaces, verifyEntries } from './float64Adam.ts';
import type { TimedContestant } from './timedContestant.ts';
import type { Lap } from './gpuTimer.ts';

/** PyTorch in a process of its own, or why it is left out. */
export type TorchPeer =
  | { readonly contestant: TimedContestant; readonly version: string }
  | { readonly reason: string };

/** The longest that an answer may take, in milliseconds: torch loads slowly from a shared disk. */
const patience = 90_000;

/**
 * Starts PyTorch's side of the check.
 *
 * @param device `cuda`; `cpu` is for trying the script without a card.
 */
export async function startTorch({
  script,
  python = 'python3',
  device = 'cuda',
}: {
  readonly script: string;
  readonly python?: string;
  readonly device?: 'cuda' | 'cpu';
}): Promise<TorchPeer> {
  // The folder's libraries are for its own Node.
  const { LD_LIBRARY_PATH: _, GRADKIT_OWN_LIBRARY_PATH: own, ...environment } = process.env;
  const child = spawn(python, ['-u', script, device], {
    stdio: 'pipe',
    env: own === undefined || own === '' ? environment : { ...environment, LD_LIBRARY_PATH: own },
  });
  let complaints = '';
  let isEnded = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(`${python} cannot be started (${message})`));
    child.once('close', (code, signal) =>
      resolve(`its process ended with ${signal ?? code}: ${complaints.trim().split('\n').at(-1) ?? ''}`),
    );
  }).then((text) => {
    isEnded = true;
    return text;
  });
  child.stdin.on('error', () => undefined);
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request: object): Promise<unknown> => {
    if (isEnded) throw new Error(await ended);
    child.stdin.write(`${JSON.stringify(request)}\n`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`it gave no answer for ${patience / 1000} s`));
      }, patience);
    });
    try {
      const { value, done } = await Promise.race([lines.next(), late]);
      if (done === true) throw new Error(await ended);
      const reply: { value?: unknown; error?: string } = JSON.parse(value);
      if (reply.error !== undefined) throw new Error(reply.error);
      return reply.value;
    } finally {
      clearTimeout(timer);
    }
  };
  const close = async (): Promise<void> => {
    child.stdin.end();
    child.kill();
    await ended;
  };
  try {
    const version = String(await ask({ op: 'version' }));
    return { contestant: { ...contestantOf(ask), close }, version };
  } catch (error) {
    await close();
    return { reason: `PyTorch is left out: ${error instanceof Error ? error.message : String(error)}.` };
  }
}

function contestantOf(ask: (request: object) => Promise<unknown>): TimedContestant {
  return {
    name: 'torch-cuda',
    label: 'PyTorch CUDA: clip_grad_norm_(foreach) + Adam(fused)',
    open: async (task) => {
      const { tree, settings, start = 0 } = task;
      const shapes = tree.leaves.map(({ shape }) => shape);
      await ask({ op: 'open', task: { shapes, settings, start } });
      return {
        timestamps: [],
        lap: async (steps) => lapOf(await ask({ op: 'lap', steps })),
        verify: async (steps) => verifyEntries(task, steps, await leavesOf(task, ask)),
        dispose: async () => void (await ask({ op: 'close' })),
      };
    },
  };
}

function lapOf(value: unknown): Lap {
  if (typeof value === 'object' && value !== null && 'wall' in value && typeof value.wall === 'number') {
    const gpu = 'gpu' in value && typeof value.gpu === 'number' ? { gpu: value.gpu } : {};
    return { wall: value.wall, ...gpu };
  }
  throw new Error('PyTorch gave no times.');
}

async function leavesOf(
  { tree }: UpdateTask,
  ask: (request: object) => Promise<unknown>,
): Promise<{ length: number; at: (index: number) => number }[]> {
  const lengths = tree.leaves.map(({ shape }) => shape.reduce((product, axis) => product * axis, 1));
  const places = lengths.map((length) => comparedPlaces(length, lengths.length));
  const some = await ask({ op: 'some', places });
  if (!Array.isArray(some)) throw new Error('PyTorch gave no parameters.');
  return lengths.map((length, leaf) => {
    const values: unknown = some[leaf];
    const known = new Map(
      places[leaf]?.map((place, index): [number, number] => [
        place,
        Array.isArray(values) ? Number(values[index]) : NaN,
      ]),
    );
    return { length, at: (index) => known.get(index) ?? NaN };
  });
}
