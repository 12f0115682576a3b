/** `/v1/cells`: which cells there are, whom they take, and whether they can serve. For operators. */
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { toCellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { allCells, type Cell, type Pins } from '@cellbook/shared/pins/pins.ts';
import { cellListSchema } from '@cellbook/shared/protocol/cells-api.ts';
import { z } from 'zod';
import type { Ask } from '../ask.ts';
import type { GuardedRoute } from '../edge-route.ts';
import { json } from '../responses/json.ts';

export const cellRoutes: readonly GuardedRoute[] = [
  {
    ...{ method: 'GET', path: '/v1/cells', permission: 'cell.read', about: 'platform' },
    answer: ({ ask }) => listCells(ask),
    describes: {
      id: 'listCells',
      summary: 'The cells, their share of new users, and whether they can serve',
      status: 200,
      answers: cellListSchema,
    },
  },
];

async function listCells(ask: Ask): Promise<Response> {
  const pins = await ask.edge.pins.get(ask.defer);
  const cells = await Promise.all(
    allCells(pins).map(async (cell) => ({
      ...{ id: cell.id, region: cell.region },
      ...shareOf(pins, cell),
      ...(await readiness(ask, cell)),
    })),
  );
  return json({ pinEpoch: pins.epoch, rolloutBuckets: pins.rollout?.buckets ?? null, cells });
}

function shareOf({ cells, tables, overrides }: Pins, { id, region }: Cell) {
  const index = cells.findIndex((cell) => cell.id === id);
  const table = tables.get(region) ?? new Uint16Array();
  const buckets = table.reduce((sum, at) => (at === index ? sum + 1 : sum), 0);
  const named = [...overrides.values()].filter((homes) => homes.some((home) => home.id === id));
  return { buckets, overrides: named.length };
}

const readySchema = z.object({ ok: z.boolean(), database: z.boolean(), draining: z.boolean() });

async function readiness({ edge }: Ask, { id, url }: Cell) {
  const doing = `asking cell ${id} whether it can serve`;
  const details = { code: 'cell_unreachable', doing } as const;
  try {
    const said = await withDeadline(edge.clock, limits.pins.probeMsMax, details, async (signal) => {
      const answer = await fetch(new URL('/readyz', url), { signal });
      return readySchema.parse(await answer.json());
    });
    if (said.ok) return { ready: true, problem: null };
    return { ready: false, problem: said.draining ? 'it is being stopped' : 'its Postgres does not answer' };
  } catch (thrown) {
    return {
      ready: false,
      problem:
        toCellbookError(thrown, doing).code === 'cell_unreachable'
          ? 'it did not answer in time'
          : 'it cannot be reached',
    };
  }
}
