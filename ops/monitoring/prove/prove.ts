/**
 * `npm run monitoring -- --prove [ALERT …]`: makes causes on a real platform and asks a real Prometheus, which goes
 * by the rules with windows of a twentieth, whether their alerts fire. What is listed at the end as by series alone
 * has been tried only by promtool over made-up ones (rules.test.ts).
 */
import { systemClock } from '@cellbook/shared/clock.ts';
import { waitUntil } from '../../up/wait-until.ts';
import { allAlerts } from '../all-rules.ts';
import { startGpuWorld } from './gpu-world.ts';
import type { Ground } from './ground.ts';
import type { Proof } from './proof.ts';
import { proofsOfGpu } from './proofs-of-gpu.ts';
import { proofsOfImages } from './proofs-of-images.ts';
import { membersWanted, proofsOfPool } from './proofs-of-pool.ts';
import { lastProofs, proofsOfPrograms } from './proofs-of-programs.ts';
import { proofsOfSandboxes } from './proofs-of-sandboxes.ts';
import { startWorld } from './world.ts';

const firesWithinMs = 240_000;

export interface Proven {
  alert: string;
  cause: string;
  /** Of the real time, not of the shortened windows; null where it did not fire. */
  afterSeconds: number | null;
  /** It is what this cause is made for; others fire beside it. */
  isMeant: boolean;
}

type Chosen = (of: Pick<Proof, 'alerts'>) => boolean;
type Say = (line: string) => void;

/** Causes that share a platform. */
function ground<Place extends Ground>(start: () => Promise<Place>, all: readonly Proof<Place>[]) {
  const proofs: readonly Pick<Proof, 'cause' | 'alerts'>[] = all;
  return { proofs, prove: (isChosen: Chosen, say: Say) => proveOn(start, all.filter(isChosen), say) };
}

/** Each on a platform of its own: what a pool keeps ready takes places, and those of the first are to run short. */
const grounds = [
  ground(() => startWorld({ pool: 'off' }), [...proofsOfPrograms, ...proofsOfSandboxes, ...lastProofs]),
  ground(startGpuWorld, proofsOfGpu),
  ground(() => startWorld({ pool: String(membersWanted) }), [...proofsOfPool, ...proofsOfImages]),
];
export const proofs = grounds.flatMap((one) => one.proofs);

/** True where every alert of every cause that was made has fired. */
export async function prove(wanted: readonly string[], say: Say): Promise<boolean> {
  // The library that plays the people tells each socket it opens, and rejects what nobody waits for when a kernel dies.
  process.on('unhandledRejection', () => undefined);
  for (const level of ['debug', 'info', 'warn', 'error'] as const) console[level] = () => undefined;
  const isChosen: Chosen = ({ alerts: of }) => wanted.length === 0 || of.some((one) => wanted.includes(one));
  const proven: Proven[] = [];
  for (const one of grounds) proven.push(...(await one.prove(isChosen, say)));
  const made = new Set(proven.flatMap(({ alert, afterSeconds }) => (afterSeconds === null ? [] : [alert])));
  const bySeriesAlone = allAlerts.map(({ name }) => name).filter((name) => !made.has(name));
  say(JSON.stringify({ proven, bySeriesAlone }));
  return proven.every(({ isMeant, afterSeconds }) => !isMeant || afterSeconds !== null);
}

async function proveOn<Place extends Ground>(
  start: () => Promise<Place>,
  chosen: readonly Proof<Place>[],
  say: Say,
) {
  const proven: Proven[] = [];
  if (chosen.length === 0) return proven;
  const world = await start();
  const ended = () => void world.stop().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, ended);
  try {
    for (const proof of chosen) {
      say(`… ${proof.cause}`);
      proven.push(
        ...(await proveOne(world, proof, say).catch((thrown: unknown) => unproven(proof, thrown, say))),
      );
    }
  } finally {
    await world.stop();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, ended);
  }
  return proven;
}

/** The other causes are made all the same. */
function unproven(
  { cause, alerts: of }: Pick<Proof, 'cause' | 'alerts'>,
  thrown: unknown,
  say: Say,
): Proven[] {
  say(`  it could not be made, or undone: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  const proven = of.map((alert) => ({ alert, cause, afterSeconds: null, isMeant: true }));
  for (const one of proven) say(wordsOf(one));
  return proven;
}

async function proveOne<Place extends Ground>(
  world: Place,
  proof: Proof<Place>,
  say: Say,
): Promise<Proven[]> {
  const { cause } = proof;
  await proof.prepare?.(world);
  const fires = async () => {
    const { prometheus } = world;
    const soon = new Set([...(await prometheus.firing()), ...(await prometheus.pending())]);
    return proof.alerts.some((alert) => soon.has(alert));
  };
  // Of a cause before it: what has burnt is in the windows for a while.
  const quiet = { clock: systemClock, deadlineMs: firesWithinMs, what: 'its alerts to be over', pollMs: 500 };
  await waitUntil(async () => !(await fires()), quiet).catch(() => undefined);
  const before = await world.prometheus.firing();
  const startedMs = systemClock.monotonicMs();
  const undo = await proof.make(world);
  const fired = new Map<string, number>();
  const all = async () => {
    for (const alert of await world.prometheus.firing())
      if (!fired.has(alert)) fired.set(alert, Math.round((systemClock.monotonicMs() - startedMs) / 1000));
    return proof.alerts.every((alert) => fired.has(alert));
  };
  const what = 'the alerts to fire';
  await waitUntil(all, {
    clock: systemClock,
    deadlineMs: proof.withinMs ?? firesWithinMs,
    what,
    pollMs: 500,
  }).catch(() => undefined);
  await undo();
  // One that fired already has proven nothing.
  const others = [...fired.keys()].filter((alert) => !proof.alerts.includes(alert));
  const proven = [...proof.alerts, ...others]
    .map((alert) => ({ alert, cause, isMeant: proof.alerts.includes(alert) }))
    .map((one) => ({ ...one, afterSeconds: before.has(one.alert) ? null : (fired.get(one.alert) ?? null) }))
    .filter(({ isMeant, afterSeconds }) => isMeant || afterSeconds !== null);
  for (const one of proven) say(wordsOf(one));
  return proven;
}

function wordsOf({ alert, afterSeconds, isMeant }: Proven): string {
  if (afterSeconds === null) return `✗ ${alert}`;
  return `${isMeant ? '✓' : '✓ also'} ${alert} after ${afterSeconds} s`;
}
