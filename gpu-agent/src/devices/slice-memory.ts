/**
 * How much memory the slices of a GPU have. Their names say more than there is (`1g.18gb` of an H200 is 16,384 MiB), and a
 * job that was promised what is not there runs out of it; the tool tells it in `-q -x` alone.
 */

/** By GPU as `pci.bus_id` names it, then by the slice's number on it. */
export type SliceMemory = ReadonlyMap<string, ReadonlyMap<number, number>>;

export function parseSliceMemory(xml: string): SliceMemory {
  return new Map(
    [...xml.matchAll(/<gpu id="([^"]+)">([\s\S]*?)<\/gpu>/g)].map(([, bus = '', gpu = '']) => [
      bus.toLowerCase(),
      new Map(
        [...gpu.matchAll(/<mig_device>([\s\S]*?)<\/mig_device>/g)].flatMap(([, slice = '']) => ofOne(slice)),
      ),
    ]),
  );
}

function ofOne(slice: string): [number, number][] {
  const index = /<index>\s*(\d+)/.exec(slice)?.[1];
  const total = /<fb_memory_usage>\s*<total>\s*(\d+) MiB/.exec(slice)?.[1];
  return index === undefined || total === undefined ? [] : [[Number(index), Number(total)]];
}

/** An eighth less than the name says, where the tool does not tell: no model has less. `3g.71gb`, `1c.3g.71gb`. */
export const guessedMib = (profile: string): number =>
  Math.max(1, Math.floor((Number(/\.(\d+)gb/.exec(profile)?.[1] ?? 0) * 1_024 * 7) / 8));
