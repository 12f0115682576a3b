/**
 * Gives a buffer's memory back now. Left to the collector, the buffers of one image (400 MB of them) have it run every
 * 64 MB, on as many processors as there are, while its owner waits: a quarter of what a resume cost.
 */
export function free({ buffer, byteLength }: Buffer): void {
  // One that shares its memory with others is not ours alone.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
