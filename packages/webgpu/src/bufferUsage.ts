/** The usage flags of WebGPU's specification, which Node has no globals for. */
export const bufferUsage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyDestination: 0x8,
  uniform: 0x40,
  storage: 0x80,
} as const;

/** The map mode of WebGPU's specification. */
export const mapModeRead = 0x1;
