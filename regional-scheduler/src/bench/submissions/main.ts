/**
 * Submissions offered to a region of two instances at a steady rate, with its leader killed in the middle, then at ever
 * higher rates until it bends, then at ten times the steady one: over HTTP, through the gate, Redis and Postgres, tiers
 * mixed. DATABASE_URL names an empty database, REDIS_URL an empty Redis.
 *
 *     node regional-scheduler/src/bench/submissions/main.ts [--rate 500] [--seconds 30] [--surge-seconds 10]
 *          [--step-seconds 4] [--steps 750,1000,1500,2000,3000] [--customers 10000]
 *
 * Its last line is one JSON object.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock as clock, sleep } from '@cellbook/shared/clock.ts';
import { systemRandom as random } from '@cellbook/shared/random.ts';
import { importPKCS8, type JWK } from 'jose';
import { z } from 'zod';
import { closeDatabase, openDatabase } from '../../db/database.ts';
import { checkAcknowledged } from './check.ts';
import { environmentOf, type Running, startInstance } from './instances.ts';
import { type LoadBed, offer } from './load.ts';
import { drawPeople, type Person } from './people.ts';
import { probeStatus } from './status-probe.ts';
import { type ByTier, percentilesOf, type Tally } from './tally.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    ...{ rate: text, seconds: text, 'surge-seconds': text, 'step-seconds': text, steps: text },
    customers: text,
  },
});
const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const given = z
  .object({
    rate: count(500),
    seconds: count(30),
    'surge-seconds': count(10),
    'step-seconds': count(4),
    steps: z.string().default('750,1000,1500,2000,3000'),
    customers: count(10_000),
  })
  .parse(values);
/** The bar of an acknowledgement. */
const ackMsMax = 200;
/** An orchestrator starts what ended again after so long. */
const restartMs = 3_000;

const directory = mkdtempSync(join(tmpdir(), 'cellbook-bench-submissions-'));
const audience = 'gpu-eu';
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const key = await importPKCS8(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), 'EdDSA');
const databaseUrl = z.url().parse(process.env.DATABASE_URL);
const environment = environmentOf({
  ...{ directory, databaseUrl, audience, agentSecret: random.uuid() },
  redisUrl: z.url().parse(process.env.REDIS_URL),
  publicKey: { ...publicKey.export({ format: 'jwk' }), kid: 'edge' } as JWK,
});
const bed = { directory, environment, connectionsMax: 400, clock };
const say = (what: string) => console.error(what);

say(`${given.customers} customers`);
const people = await drawPeople(given.customers, { key, audience, random, nowMs: clock.nowMs() });
const instances: Running[] = [await startInstance(bed), await startInstance(bed)];
const database = openDatabase(databaseUrl, { applicationName: 'bench', connectionsMax: 2 });
const acknowledged = new Set<string>();
let last: { jobId: string; person: Person } | null = null;
const loadBed: LoadBed = {
  ...{ people, clock, random },
  instances: () => instances.map(({ http }) => http),
  acknowledged(jobId, person) {
    acknowledged.add(jobId);
    last = { jobId, person };
  },
};
const probe = probeStatus({ clock, instances: loadBed.instances, job: () => last });

say('warming up');
await offer(loadBed, given.rate / 2, 4_000);
say(`${given.rate} a second for ${given.seconds} s, the leader killed in the middle`);
const loadBefore = loadavg()[0] ?? 0;
const killing = killLeaderAfter(given.seconds * 500);
const steady = await offer(loadBed, given.rate, given.seconds * 1_000);
await killing;
const steps: { perSecond: number; tally: Tally }[] = [];
for (const perSecond of given.steps.split(',').map(Number)) {
  say(`${perSecond} a second for ${given['step-seconds']} s`);
  steps.push({ perSecond, tally: await offer(loadBed, perSecond, given['step-seconds'] * 1_000) });
}
say(`${10 * given.rate} a second for ${given['surge-seconds']} s`);
const surge = await offer(loadBed, 10 * given.rate, given['surge-seconds'] * 1_000);
const status = await probe.end();
say('looking for everything that was acknowledged');
const checked = await checkAcknowledged(database, acknowledged, clock);
await Promise.all(instances.map((instance) => instance.end('SIGTERM')));
await closeDatabase(database);
rmSync(directory, { recursive: true, force: true });

const bends = steps.find(
  ({ tally }) => tally.of('overload') > 0 || percentilesOf(tally.ackMs).p99 > ackMsMax,
);
const told = [steady, ...steps.map(({ tally }) => tally), surge];
console.log(
  JSON.stringify({
    offered: sum(told.map(({ offered }) => offered)),
    admitted: sum(told.map((tally) => tally.of('admitted'))),
    shedByTier: shedOf(told.map(({ byTier }) => byTier)),
    ackMs: percentilesOf(told.flatMap(({ ackMs }) => ackMs)),
    ...{ lost: checked.lost, bendsAt: bends?.perSecond ?? null },
    steady: summary(steady, given.seconds),
    steps: steps.map(({ perSecond, tally }) => ({ perSecond, ...summary(tally, given['step-seconds']) })),
    surge: summary(surge, given['surge-seconds']),
    ...{ status, ...checked, rate: given.rate, customers: given.customers },
    load: [loadBefore, loadavg()[0] ?? 0].map((average) => Number(average.toFixed(1))),
  }),
);

/** As an orchestrator sees it: the process is gone, and a while later there is another. */
async function killLeaderAfter(afterMs: number): Promise<void> {
  await sleep(clock, afterMs);
  const [row] = await database.$client<{ url: string }[]>`select url from leader`;
  const at = Math.max(
    0,
    instances.findIndex(({ url }) => url === row?.url),
  );
  const [leader] = instances.splice(at, 1);
  await leader?.end('SIGKILL');
  await sleep(clock, restartMs);
  instances.push(await startInstance(bed));
}

function summary(tally: Tally, seconds: number) {
  const { offered, byTier, ackMs } = tally;
  const admitted = tally.of('admitted');
  return {
    ...{ offered, admitted, admittedPerSecond: Math.round(admitted / seconds) },
    ...{ ackMs: percentilesOf(ackMs), byTier },
  };
}

function shedOf(stages: readonly ByTier[]) {
  const shed = (tier: keyof ByTier) => ({
    overload: sum(stages.map((byTier) => byTier[tier].overload)),
    rate: sum(stages.map((byTier) => byTier[tier].rate)),
  });
  return { free: shed('free'), paid: shed('paid'), enterprise: shed('enterprise') };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
