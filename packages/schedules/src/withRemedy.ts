import { InvalidOptionError, toCode } from '@gradkit/core';
import type { SerializableSchedule } from './defineSchedule.ts';

/**
 * Makes a schedule; where its options are refused, the error says what to write: the same call with those of the given options that can be
 * meant together, in their order, and useful values in place of the others.
 */
export function withRemedy<Options extends object>(
  call: { readonly name: string; readonly options: Options; readonly example: Options },
  make: (options: Options) => SerializableSchedule,
): SerializableSchedule {
  try {
    return make(call.options);
  } catch (error) {
    if (!(error instanceof InvalidOptionError) || error.remedy !== undefined) throw error;
    const remedy = `${call.name}(${toCode(nearestMeant(call, make)) ?? ''})`;
    throw new InvalidOptionError(`${error.message} Write ${remedy}.`, { remedy, cause: error });
  }
}

function nearestMeant<Options extends object>(
  { options, example }: { options: Options; example: Options },
  make: (options: Options) => SerializableSchedule,
): Options {
  let meant = example;
  for (const [name, value] of Object.entries(options ?? {})) {
    const next = { ...meant, [name]: value };
    if (toCode(value) !== undefined && isMeant(next, make)) meant = next;
  }
  return meant;
}

function isMeant<Options extends object>(
  options: Options,
  make: (options: Options) => SerializableSchedule,
): boolean {
  try {
    make(options);
    return true;
  } catch {
    return false;
  }
}
