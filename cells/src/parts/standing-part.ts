/** Whose rights have ended, as the edge says; what is open in this cell ends with them. */
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { openPublicKeys } from '../api/access/public-keys.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { type AskStanding, type FollowedStanding, followStanding } from '../standing/follow-standing.ts';
import { createStanding, type Standing } from '../standing/standing.ts';

export interface StandingPart {
  standing: Standing;
  /** There is more to ask the edge for than it told by itself. */
  behind(): void;
  /** Asks from now on. */
  begin(): void;
  close(): void;
}

export async function openStanding(
  { cellId, edgePublicKeysFile }: CellConfig,
  { clock, log }: CellTools,
  { metrics, audit, ask }: { metrics: Metrics; audit: AuditLog; ask: AskStanding | null },
): Promise<StandingPart> {
  const keys = await openPublicKeys(edgePublicKeysFile, clock);
  const standing = createStanding({ clock, log, metrics, keys, audit, cellId });
  let followed: FollowedStanding | null = null;
  return {
    standing,
    behind: () => followed?.askNow(),
    begin() {
      if (ask === null)
        log.warn('no way to the edge: it is heard, and cannot be asked, whose rights have ended');
      followed = followStanding({ clock, log, standing, ask });
    },
    close: () => followed?.close(),
  };
}
