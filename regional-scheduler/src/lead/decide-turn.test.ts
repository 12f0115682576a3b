import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AgentReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { Term } from '../core/reports/term.ts';
import { newState } from '../core/state.ts';
import { jobOf } from '../core/testing/region.ts';
import type { Arrival } from '../log/arrivals.ts';
import { Turn } from './decide-turn.ts';

test('what arrives and what agents say is written in pieces, while the rest is taken in', () => {
  const random = seededRandom(3);
  const { pieceEvents, agentMarginMs, stallMs } = limits.scheduler;
  const many = Array.from({ length: pieceEvents + 100 }, (_, number) => number);
  const arrivals = many.map(
    (position): Arrival => ({
      stream: 'submissions',
      xid: 1,
      position,
      job: jobOf(random, 1, 1, 60_000, {}),
    }),
  );
  const reports = many.map(reportOf);
  const term = new Term({ epoch: 1, beganMs: 0, leaseMs: 60_000, marginMs: agentMarginMs, stallMs });
  const turn = new Turn(newState(), term, { arrivals, reports, nowMs: 2, monotonicMs: 2, random });
  const pieces = [...turn.decide()].filter(({ length }) => length > 0);
  expect(pieces.slice(0, 2).map(({ length }) => length)).toEqual([pieceEvents, pieceEvents]);
  const first = pieces.flat().slice(0, many.length);
  expect(first.map(({ arrival }) => arrival?.position)).toEqual(many);
});

const reportOf = (number: number): AgentReport => ({
  ...{ hostId: hostIdSchema.parse(`host-${number}`), rack: 'r', generation: 1, sequence: 1, epoch: 1 },
  ...{ draining: false, binaries: [], attempts: [], waitMs: 1_000 },
  devices: [{ index: 0, uuid: 'GPU-0', sku: 'H100', memoryMib: 81_559, healthy: true, problem: '' }],
});
