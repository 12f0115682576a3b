/**
 * What an operator does about a GPU region that is lost (ops/runbooks/gpu-region-lost.md):
 *
 *   npm run regions -- show --edge URL --key-file FILE --region eu
 *   npm run regions -- take-over --edge URL --key-file FILE --region eu [--stopped] [--json]
 *
 * `take-over`: the region's guardian takes up what is queued there, without waiting for the time after which the region
 * counts as lost. `--stopped`: none of the region's schedulers runs any more, or will without having asked: what ran
 * there is taken up too, once no lease of its agents can last.
 */
import { parseArgs } from 'node:util';
import { systemClock as clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { regionIdSchema } from '@cellbook/shared/ids.ts';
import type { RegionRecord } from '@cellbook/shared/protocol/region-record.ts';
import { createAskEdge } from '../ask-edge.ts';
import { readSecret } from '../read-secret.ts';
import { createEdgeRegionRecords } from './region-records.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    edge: { type: 'string' },
    'key-file': { type: 'string' },
    region: { type: 'string' },
    stopped: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

async function run(): Promise<RegionRecord> {
  const { edge: edgeUrl, 'key-file': keyFile } = values;
  const region = regionIdSchema.parse(values.region);
  if (edgeUrl === undefined || keyFile === undefined) throw new Error('--edge and --key-file are needed');
  const secret = await readSecret(keyFile);
  const recordsFor = (from: typeof region) =>
    createEdgeRegionRecords(createAskEdge({ from, edgeUrl, secret, clock }));
  const { record } = await recordsFor(region).ask(region, null);
  if (positionals[0] === 'show') return record;
  if (positionals[0] !== 'take-over') throw new Error('either `show` or `take-over`');
  const by = record.guardian ?? (values.stopped ? record.claim?.by : undefined);
  if (by === undefined)
    throw new CellbookError('conflict', {
      doing: `having the queue of region ${region} taken up`,
      problem: 'nobody guards it, or it was taken up already',
      next: '`npm run regions -- show` tells what the record says.',
    });
  const word = values.stopped ? 'stopped' : 'lost';
  const { record: after, refused } = await recordsFor(by).ask(region, {
    ...{ type: 'claim', epoch: record.epoch, by, word },
  });
  if (refused === null) return after;
  throw new CellbookError('conflict', {
    doing: `having the queue of region ${region} taken up by region ${by}`,
    problem: `its record has changed meanwhile (${refused})`,
    next: 'Look at it with `npm run regions -- show`; the region may be back.',
  });
}

const record = await run();
if (values.json) console.log(JSON.stringify(record));
else {
  const { guardian, epoch, claim, untilMs } = record;
  console.log(`epoch ${epoch}, guarded by ${guardian ?? 'nobody'}`);
  console.log(`heard of until ${new Date(untilMs).toISOString()}`);
  if (claim) console.log(`taken up by ${claim.by} under epoch ${claim.of} (${claim.takes})`);
}
