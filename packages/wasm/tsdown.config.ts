import base from '../../tsdown.config.ts';

export default {
  ...base,
  // A file for each module, so that what is loaded when it is needed is a file of its own, whoever imports it besides.
  unbundle: true,
  // The thread's file is started by its address, and nothing imports it.
  entry: { index: 'src/index.ts', binding: 'src/binding.ts', passWorker: 'src/passWorker.js' },
};
