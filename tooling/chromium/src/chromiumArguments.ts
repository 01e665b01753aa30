/** How tests start Chromium. Without the last one there is no WebGPU adapter where there is no GPU. */
export const chromiumArguments = [
  '--no-sandbox',
  '--disable-background-networking',
  '--enable-unsafe-webgpu',
] as const;
