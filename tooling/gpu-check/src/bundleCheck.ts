import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

/** The check and all that it imports, as one script. It holds no path of this machine: rolldown's names of modules are left out. */
export async function bundleCheck(file: string): Promise<void> {
  await build({
    input: fileURLToPath(new URL('checkMain.ts', import.meta.url)),
    platform: 'node',
    logLevel: 'warn',
    // What TensorFlow.js asks for in Node only where fetch is missing, and WebGPU tools that nobody calls.
    external: [/^node-fetch$/],
    onLog: (level, log, handle) => {
      // TensorFlow.js's own files; nothing that could be mended here.
      if (log.code === 'EVAL' || log.code === 'COMMONJS_VARIABLE_IN_ESM') return;
      handle(level, log);
    },
    output: {
      file,
      format: 'esm',
      codeSplitting: false,
      minify: true,
      comments: { legal: true, annotation: false, jsdoc: false },
    },
  });
}
