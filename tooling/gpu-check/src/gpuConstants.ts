/** The bits of WebGPU's GPUBufferUsage, which TypeScript's types name and do not hold. */
export const bufferUsage = {
  mapRead: 0x0001,
  copySource: 0x0004,
  copyDestination: 0x0008,
  queryResolve: 0x0200,
} as const;

/** WebGPU's GPUMapMode.READ. */
export const mapModeRead = 0x0001;
