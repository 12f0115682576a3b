/**
 * `node regional-scheduler/src/bench/core/main.ts [--queued 10000,100000,1000000] [--decisions N]`: how fast the
 * decision core is in memory. One JSON object is the last line.
 */
import { parseArgs } from 'node:util';
import { decodePart, encodePart } from '../../core/dump/encode-part.ts';
import { dumpState, loadPart } from '../../core/dump-state.ts';
import { newState } from '../../core/state.ts';
import { type Measured, measure } from './measure.ts';

const { values } = parseArgs({
  options: {
    queued: { type: 'string', default: '10000,100000,1000000' },
    decisions: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
  },
});
const nowMs = () => performance.now();
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const growth: (Measured & { rssMb: number })[] = [];
let snapshotSeconds = 0;
let rebuildSeconds = 0;
for (const queued of values.queued.split(',').map(Number)) {
  const { state, measured } = measure(queued, Number(values.decisions), { nowMs, cpuMs });
  growth.push({ ...measured, rssMb: Math.round(process.memoryUsage().rss / 1e6) });
  if (!values.json) console.log(growth.at(-1));
  const began = nowMs();
  const parts = Array.from(dumpState(state), encodePart);
  const dumped = nowMs();
  const rebuilt = newState();
  for (const part of parts) loadPart(rebuilt, decodePart(part));
  snapshotSeconds = (dumped - began) / 1000;
  rebuildSeconds = (nowMs() - dumped) / 1000;
}
const { decisionsPerSecond, decisionsPerCpuSecond, decisionMs, rssMb } = growth.at(-1)!;
console.log(
  JSON.stringify({
    ...{ decisionsPerSecond, decisionsPerCpuSecond, decisionMs, rssMb },
    ...{ snapshotSeconds, rebuildSeconds, growth },
  }),
);
