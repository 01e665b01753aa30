/** What was asked of a device since the count began. */
export interface DeviceCounts {
  dispatches: number;
  passes: number;
  submits: number;
  buffersCreated: number;
  buffersDestroyed: number;
  /** Copies from buffer to buffer. */
  copies: number;
  /** Buffers that were mapped to be read. */
  maps: number;
  bindGroups: number;
  pipelines: number;
}

/** A count that runs from when it was made. */
export interface DeviceCounter {
  readonly counts: Readonly<DeviceCounts>;
  /** Begins again at zero, and gives what there was. */
  reset(): DeviceCounts;
  /** Takes the wrapping off the device again. */
  stop(): void;
}

/** Counts what is asked of a device from now on, by wrapping its methods and those of what it makes. */
export function countDevice(device: GPUDevice): DeviceCounter {
  let counts = zeros();
  const count = (name: keyof DeviceCounts) => (): void => void counts[name]++;

  const undo: (() => void)[] = [];
  const onDevice = (name: string, see: (result: unknown) => void): void =>
    void undo.push(intercept(device, name, see));

  undo.push(intercept(device.queue, 'submit', count('submits')));
  onDevice('createBindGroup', count('bindGroups'));
  onDevice('createComputePipeline', count('pipelines'));
  onDevice('createComputePipelineAsync', count('pipelines'));
  onDevice('createBuffer', (buffer) => {
    counts.buffersCreated++;
    let isDestroyed = false;
    intercept(buffer, 'destroy', () => {
      if (!isDestroyed) counts.buffersDestroyed++;
      isDestroyed = true;
    });
    intercept(buffer, 'mapAsync', count('maps'));
  });
  onDevice('createCommandEncoder', (encoder) => {
    intercept(encoder, 'copyBufferToBuffer', count('copies'));
    intercept(encoder, 'beginComputePass', (pass) => {
      counts.passes++;
      intercept(pass, 'dispatchWorkgroups', count('dispatches'));
    });
  });

  return {
    get counts() {
      return counts;
    },
    reset: () => {
      const before = counts;
      counts = zeros();
      return before;
    },
    stop: () => {
      for (const restore of undo.toReversed()) restore();
      undo.length = 0;
    },
  };
}

function zeros(): DeviceCounts {
  return {
    dispatches: 0,
    passes: 0,
    submits: 0,
    buffersCreated: 0,
    buffersDestroyed: 0,
    copies: 0,
    maps: 0,
    bindGroups: 0,
    pipelines: 0,
  };
}

/** Looks at what a method gives, each time that it is called; the result puts the method back. */
function intercept(target: unknown, name: string, see: (result: unknown) => void): () => void {
  const nothing = (): void => undefined;
  if (typeof target !== 'object' || target === null) return nothing;
  const own = Object.getOwnPropertyDescriptor(target, name);
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') return nothing;
  const call = (...arguments_: unknown[]): unknown => {
    const result: unknown = Reflect.apply(method, target, arguments_);
    see(result);
    return result;
  };
  Object.defineProperty(target, name, { value: call, configurable: true, writable: true });
  return () => {
    if (own === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, own);
  };
}
