import { InputError } from './inputError.ts';

/** Numbers in one array: half a gibibyte, of which training keeps several. */
const mostNumbers = 2 ** 27;

/** @throws {InputError} if the largest array of a step would hold more numbers than the trainer takes; `remedy` says what makes it smaller. */
export function refuseTooLarge(numbers: number, remedy: string): void {
  if (numbers <= mostNumbers) return;
  throw new InputError(
    `A step would need arrays of ${numbers.toLocaleString('en')} numbers; the trainer takes up to ${mostNumbers.toLocaleString('en')}. ${remedy}`,
  );
}
