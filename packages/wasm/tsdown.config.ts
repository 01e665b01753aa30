import base from '../../tsdown.config.ts';

export default {
  ...base,
  // The thread's file is started by its address, so it is built beside the package's.
  entry: { index: 'src/index.ts', passWorker: 'src/passWorker.js' },
};
