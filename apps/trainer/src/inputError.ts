/** What the user gave cannot be meant: an option, a file, a column, a cell. Its message is one line for the terminal. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
}
