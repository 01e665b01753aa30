/** After this step, what is gathered is used up where updates are applied. */
export const flushAfter = 1;
