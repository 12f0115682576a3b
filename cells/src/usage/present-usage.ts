/** Pieces as the API shows them: a row for each step and key. */
import type { Held, Metered, MeteredRow } from '@cellbook/shared/protocol/usage-api.ts';
import type { UsagePiece } from './read-usage.ts';

/** Ordered by start and key, as they are read. */
export function presentRows(pieces: readonly UsagePiece[]): Metered['rows'] {
  const rows: MeteredRow[] = [];
  for (const piece of pieces) {
    const start = new Date(piece.startSeconds * 1_000).toISOString();
    let row = rows.at(-1);
    if (row?.start !== start || row.key !== piece.key) {
      row = emptyRow(start, piece.key, piece.name);
      rows.push(row);
    }
    addPiece(row, piece);
  }
  return rows;
}

const nothing = (): Held => ({ seconds: 0, byteSeconds: 0 });

const emptyRow = (start: string, key: string | null, name: string | null): MeteredRow => ({
  ...{ start, key, name, running: nothing(), sandboxes: [], live: nothing(), memory: nothing() },
  ...{ memoryRemote: nothing(), files: nothing(), versions: nothing(), environment: nothing() },
  egress: { upBytes: 0, downBytes: 0 },
});

function addPiece(row: MeteredRow, { meter, tier, size, activeMs, total }: UsagePiece): void {
  const seconds = activeMs / 1_000;
  const byteSeconds = total / 1_000;
  switch (meter) {
    case 'egress_up':
      row.egress.upBytes += total;
      return;
    case 'egress_down':
      row.egress.downBytes += total;
      return;
    case 'running':
      if (tier !== null) row.sandboxes.push({ tier, memoryBytes: size ?? 0, seconds });
      addHeld(row.running, seconds, byteSeconds);
      return;
    case 'memory_remote':
      addHeld(row.memoryRemote, seconds, byteSeconds);
      return;
    default:
      addHeld(row[meter], seconds, byteSeconds);
  }
}

function addHeld(held: Held, seconds: number, byteSeconds: number): void {
  held.seconds += seconds;
  held.byteSeconds += byteSeconds;
}
