/** Limits of the sandboxes that tests start: small, so that they are reached quickly. */
const mebibyte = 1024 * 1024;

export const testLimits = {
  memoryBytesMax: 512 * mebibyte,
  cpuMillisMax: 2000,
  pidsMax: 128,
  diskBytesMax: 64 * mebibyte,
};
