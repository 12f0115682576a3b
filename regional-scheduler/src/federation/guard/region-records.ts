/** The records of regions (shared/src/protocol/region-record.ts), as a scheduler asks for them. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import {
  changeRecord,
  noRecord,
  type RecordAnswer,
  type RecordChange,
  type RegionRecord,
  recordAnswerSchema,
} from '@cellbook/shared/protocol/region-record.ts';
import type { AskEdge } from '../ask-edge.ts';

export interface RegionRecords {
  /** Null: it is only read. Throws where it cannot be reached: whether it was changed is then not known. */
  ask(region: RegionId, change: RecordChange | null): Promise<RecordAnswer>;
}

/** In the edge's directory. */
export const createEdgeRegionRecords = (askEdge: AskEdge): RegionRecords => ({
  ask: (region, change) => askEdge('record', { region, change }, recordAnswerSchema),
});

export function createMemoryRegionRecords(clock: Clock): RegionRecords {
  const records = new Map<RegionId, RegionRecord>();
  return {
    async ask(region, change) {
      const record = records.get(region) ?? noRecord;
      const after = change === null ? record : changeRecord(record, change, clock.nowMs());
      if (typeof after === 'string') return { record, refused: after };
      records.set(region, after);
      return { record: after, refused: null };
    },
  };
}
