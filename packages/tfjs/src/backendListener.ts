/** A method that stands in the place of a backend's own. */
export interface WrappedMethod {
  readonly owner: object;
  readonly name: string;
  readonly method: (...parameters: never) => unknown;
}

/**
 * Puts methods in the place of others. The result gives the owners their own back and says true, or says false and does nothing where
 * somebody else has wrapped one of them since.
 */
export function wrapMethods(wrapped: readonly WrappedMethod[]): () => boolean {
  const before = wrapped.map(({ owner, name }) => Object.getOwnPropertyDescriptor(owner, name));
  for (const { owner, name, method } of wrapped) Reflect.set(owner, name, method);
  return () => {
    if (wrapped.some(({ owner, name, method }) => Reflect.get(owner, name) !== method)) return false;
    wrapped.forEach(({ owner, name }, index) => {
      const descriptor = before[index];
      if (descriptor === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, descriptor);
    });
    return true;
  };
}

/** One user's part in something that listens to a backend. */
export interface SharedListener<Listener> {
  readonly listener: Listener;
  /** The last one who closes it lets it leave the backend. A second call does nothing. */
  close(): void;
}

interface Entry<Listener> {
  readonly listener: Listener;
  users: number;
}

/**
 * Shares what listens to a backend among all who ask for it by the same name, those of another copy of the package among them (required and
 * imported on an old Node): a second listener would not see what the first one does to the backend. `leave` ends it and says whether it could; where it could not, it is what
 * the next one gets.
 */
export function shareListener<Backend extends object, Listener extends { leave(): boolean }>(
  name: string,
  listen: (backend: Backend) => Listener,
): (backend: Backend) => SharedListener<Listener> {
  const key = Symbol.for(`@gradkit/tfjs: ${name}`);
  return (backend) => {
    const entries: WeakMap<Backend, Entry<Listener>> = Reflect.get(globalThis, key) ?? new WeakMap();
    Reflect.set(globalThis, key, entries);
    const entry = entries.get(backend) ?? { listener: listen(backend), users: 0 };
    entries.set(backend, entry);
    entry.users += 1;
    let isOpen = true;
    return {
      listener: entry.listener,
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        entry.users -= 1;
        if (entry.users === 0 && entry.listener.leave()) entries.delete(backend);
      },
    };
  };
}
