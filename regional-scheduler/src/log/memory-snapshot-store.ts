import type { SnapshotHead, SnapshotStore } from './snapshot-store.ts';

export function createMemorySnapshotStore(): SnapshotStore {
  const kept: (SnapshotHead & { bytes: Uint8Array[] })[] = [];
  return {
    async save(head, parts) {
      const bytes: Uint8Array[] = [];
      for await (const part of parts) bytes.push(Uint8Array.from(part));
      if (kept.some(({ seq }) => seq === head.seq)) return;
      kept.push({ ...structuredClone(head), bytes });
      kept.sort((one, other) => one.seq - other.seq);
    },
    async newest() {
      const last = kept.at(-1);
      if (!last) return null;
      const { bytes, seq, watermark } = last;
      return {
        seq,
        watermark,
        parts: async function* parts() {
          yield* bytes;
        },
      };
    },
    async removeOlder(keep) {
      kept.splice(0, Math.max(0, kept.length - keep));
    },
  };
}
