/** An assignment that nothing would read. */
export interface LostAssignment<Instance> {
  readonly instance: Instance;
  readonly name: string;
  readonly value: unknown;
}

/**
 * Lets assignments to properties that a class does not have throw, where JavaScript adds one that nobody reads, and assignments to those
 * that can only be read throw the same error, where a script that is not strict ignores them.
 *
 * What stands in the way is a proxy behind the class's prototype: properties and methods that are there are found before it, so they cost
 * nothing more. Symbols, what is defined (`Object.defineProperty`, as spies do) and instances of subclasses, which may well have more
 * properties, are left alone.
 */
export function refuseUnknownProperties<Instance extends object>(
  type: { readonly prototype: Instance },
  errorOf: (assignment: LostAssignment<Instance>) => Error,
): void {
  const { prototype } = type;
  const isOne = (value: unknown): value is Instance =>
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === prototype;
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (descriptor.get === undefined || descriptor.set !== undefined) continue;
    Object.defineProperty(prototype, name, {
      ...descriptor,
      set(this: Instance, value: unknown) {
        throw errorOf({ instance: this, name, value });
      },
    });
  }
  const parent: object = Object.getPrototypeOf(prototype);
  const guard: object = new Proxy(parent, {
    set: (target, name, value, receiver) => {
      if (typeof name !== 'symbol' && isOne(receiver) && !Reflect.has(target, name))
        throw errorOf({ instance: receiver, name, value });
      return Reflect.set(target, name, value, receiver);
    },
  });
  Object.setPrototypeOf(prototype, guard);
}
