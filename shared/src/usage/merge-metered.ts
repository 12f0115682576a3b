/** What several cells have counted, as one: rows of the same time and key are added up. */
import type { CellId } from '../ids.ts';
import type { Held, Metered, MeteredRow, SandboxSeconds } from '../protocol/usage-api.ts';

/** `missing`: those that were asked and have not answered. */
export function mergeMetered(parts: readonly [Metered, ...Metered[]], missing: readonly CellId[]): Metered {
  const rows = new Map<string, MeteredRow>();
  for (const row of parts.flatMap((part) => part.rows)) {
    const id = JSON.stringify([row.start, row.key]);
    const known = rows.get(id);
    rows.set(id, known ? addRows(known, row) : row);
  }
  const [first] = parts;
  const latest = parts
    .map((part) => part.to)
    .sort()
    .at(-1);
  const away = new Set([...parts.flatMap((part) => part.missing), ...missing]);
  return {
    ...first,
    to: latest ?? first.to,
    rows: [...rows.values()].sort(byStartAndKey),
    missing: [...away].sort(),
  };
}

const byStartAndKey = (left: MeteredRow, right: MeteredRow): number =>
  compare(left.start, right.start) || compare(left.key ?? '', right.key ?? '');

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

function addRows(left: MeteredRow, right: MeteredRow): MeteredRow {
  return {
    start: left.start,
    key: left.key,
    name: left.name ?? right.name,
    running: add(left.running, right.running),
    sandboxes: addSandboxes([...left.sandboxes, ...right.sandboxes]),
    live: add(left.live, right.live),
    memory: add(left.memory, right.memory),
    memoryRemote: add(left.memoryRemote, right.memoryRemote),
    files: add(left.files, right.files),
    versions: add(left.versions, right.versions),
    environment: add(left.environment, right.environment),
    egress: {
      upBytes: left.egress.upBytes + right.egress.upBytes,
      downBytes: left.egress.downBytes + right.egress.downBytes,
    },
  };
}

const add = (left: Held, right: Held): Held => ({
  seconds: left.seconds + right.seconds,
  byteSeconds: left.byteSeconds + right.byteSeconds,
});

function addSandboxes(all: readonly SandboxSeconds[]): SandboxSeconds[] {
  const sums = new Map<string, SandboxSeconds>();
  for (const one of all) {
    const id = `${one.tier} ${one.memoryBytes}`;
    sums.set(id, { ...one, seconds: one.seconds + (sums.get(id)?.seconds ?? 0) });
  }
  return [...sums.values()];
}
