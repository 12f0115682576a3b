/**
 * Compiled modules name the time of the source that they were compiled from, so two installs of one package differ in
 * every one of them. In a layer all sources have one time, and a compiled module that is true to its source names
 * that; one that is not keeps a time that its source never has again, and stays untrue.
 *
 *     pyc: magic u32 │ flags u32 │ mtime of the source, u32 seconds │ its size u32 │ code        (PEP 552; flags 0)
 */
export const layerTimeSeconds = 1_577_836_800n;
export const layerTimeNs = String(layerTimeSeconds * 1_000_000_000n);

export interface Source {
  size: bigint;
  mtimeNs: bigint;
}

const headBytes = 16;
const flagsAt = 4;
const mtimeAt = 8;
const sizeAt = 12;
const mask = 0xffff_ffffn;

/** The source's name for a file of `__pycache__`; null for what is none of Python's. */
export function sourceNameOf(name: string): string | null {
  const match = /^([^.]+)\.[a-z0-9_-]+(?:\.opt-[a-z0-9]+)?\.pyc$/i.exec(name);
  return match ? `${match[1]}.py` : null;
}

/** Names the layer's time in a compiled module that is true to its source. */
export function nameLayerTime(head: Buffer, source: Source | undefined): void {
  if (!source || head.length < headBytes || head.readUInt32LE(flagsAt) !== 0) return;
  const seconds = (source.mtimeNs / 1_000_000_000n) & mask;
  if (BigInt(head.readUInt32LE(mtimeAt)) !== seconds) return;
  if (BigInt(head.readUInt32LE(sizeAt)) !== (source.size & mask)) return;
  head.writeUInt32LE(Number(layerTimeSeconds), mtimeAt);
}

/** Sources and what is compiled from them have the layer's time; everything else has its own back. */
export const hasLayerTime = (name: string): boolean => name.endsWith('.py') || name.endsWith('.pyc');
