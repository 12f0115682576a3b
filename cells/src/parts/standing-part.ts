/** Whose rights have ended, as the edge says; what is open in this cell ends with them. */
import { limits } from '@cellbook/shared/limits.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import {
  type Fact,
  standingAskType,
  standingToldSchema,
  standingToldType,
} from '@cellbook/shared/protocol/standing-api.ts';
import { openPublicKeys } from '../api/access/public-keys.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import type { EdgeClient } from '../edge/edge-client.ts';
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

interface StandingTools {
  metrics: Metrics;
  audit: AuditLog;
  /** Null: this cell hears what it is told, and cannot ask. */
  edge: EdgeClient | null;
  heard(facts: readonly Fact[]): void;
}

export async function openStanding(
  { cellId, edgePublicKeysFile }: CellConfig,
  { clock, log }: CellTools,
  { metrics, audit, edge, heard }: StandingTools,
): Promise<StandingPart> {
  const keys = await openPublicKeys(edgePublicKeysFile, clock);
  const standing = createStanding({ clock, log, metrics, keys, audit, cellId, heard });
  let followed: FollowedStanding | null = null;
  return {
    standing,
    behind: () => followed?.askNow(),
    begin() {
      followed = followStanding({ clock, log, standing, ask: edge && askOf(edge) });
    },
    close: () => followed?.close(),
  };
}

const askOf =
  (edge: EdgeClient): AskStanding =>
  (after) =>
    edge.ask({
      ...{ path: '/cells/standing', typ: standingAskType, body: { after } },
      answer: { typ: standingToldType, schema: standingToldSchema, bytesMax: limits.standing.bytesMax },
      deadlineMs: limits.standing.askMsMax,
      ...{ code: 'store_unavailable', doing: 'asking the edge whose rights have ended' },
    });
