/**
 * Publishing a layout is a deploy. Each step is a signed document of a higher epoch that puts more buckets under
 * the new layout:
 *
 *   canary 1 % → 10 % → 50 % → all
 *     each:  cells ← document      (first those who may lose users: they refuse before any edge leads elsewhere)
 *            edge  ← document
 *            probe: real requests through the edge to every cell of the new layout, in buckets of this step
 *            watch: requests of users that were led wrong or to nobody, for a while
 *     anything amiss → the layout before, under a higher epoch, to cells and edge; the publish has failed
 *
 * A publisher that dies in between leaves a valid document, in which some buckets go by the new layout. `rollback`
 * or the next publish goes on from there: both start from the layout before an unfinished roll-out.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { sleep } from '@cellbook/shared/clock.ts';
import { layoutDocument, signPins } from '@cellbook/shared/pins/build.ts';
import {
  allCells,
  bucketCount,
  type Cell,
  type Layout,
  type Pins,
  parsePins,
} from '@cellbook/shared/pins/pins.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { JWK } from 'jose';
import { expectedCell, probeUsers } from './probe-users.ts';
import type { Remote } from './remote.ts';

export interface Publisher {
  remote: Remote;
  key: JWK;
  clock: Clock;
  random: Random;
  /** Keeps the document where the next start of this machine's edge finds it, before anybody is given it. */
  remember(jws: string): Promise<void>;
  say(line: string): void;
}

export interface PublishOptions {
  /** Shares of the buckets, growing; the last is 1. */
  steps: readonly number[];
  /** How long users' requests are watched after each step. */
  soakMs: number;
  /** Cells that are known to be down: they are given the document by the edge when they are back. */
  without: readonly string[];
}

export type Outcome =
  | { published: true; epoch: number }
  | { published: false; at: string; problem: string; epoch: number };

export async function publishLayout(
  publisher: Publisher,
  current: Pins,
  next: Layout,
  options: PublishOptions,
): Promise<Outcome> {
  const before = settledLayout(current);
  let epoch = current.epoch;
  for (const share of options.steps) {
    epoch++;
    const buckets = Math.min(bucketCount, Math.ceil(share * bucketCount));
    const name = share === options.steps[0] ? `the canary (${percent(share)})` : percent(share);
    const problem = await takeStep(publisher, { epoch, next, before, buckets }, options);
    if (problem === null) {
      publisher.say(`  ✓ epoch ${epoch}: ${name}`);
      continue;
    }
    publisher.say(`  ✗ epoch ${epoch}: stopped at ${name}: ${problem}`);
    const rolledBack = await rollBack(publisher, epoch + 1, before, [...allCells(current), ...next.cells]);
    return { published: false, at: name, problem, epoch: rolledBack };
  }
  return { published: true, epoch };
}

/** The layout to come back to: of an unfinished roll-out the one before it. */
export const settledLayout = (pins: Pins): Layout => pins.rollout?.previous ?? pins;

interface Step {
  epoch: number;
  next: Layout;
  before: Layout;
  buckets: number;
}

/** The problem, or null. */
async function takeStep(publisher: Publisher, step: Step, options: PublishOptions): Promise<string | null> {
  const { remote } = publisher;
  try {
    const { jws, pins } = await signed(publisher, step);
    await publisher.remember(jws);
    const undelivered = await deliver(publisher, allCells(pins), jws, options.without);
    if (undelivered !== null) return undelivered;
    const countsBefore = await remote.counts();
    await remote.publish(jws);
    return (await probe(publisher, step)) ?? (await watch(publisher, countsBefore, options.soakMs));
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : 'it failed';
  }
}

async function signed({ key }: Publisher, { epoch, next, before, buckets }: Step) {
  const isAll = buckets >= bucketCount;
  const document = {
    epoch,
    ...layoutDocument(next),
    ...(isAll ? {} : { rollout: { buckets, previous: layoutDocument(before) } }),
  };
  return { jws: await signPins(document, key), pins: parsePins(document) };
}

async function deliver(
  { remote }: Publisher,
  cells: readonly Cell[],
  jws: string,
  without: readonly string[],
): Promise<string | null> {
  const asked = cells.filter(({ id }) => !without.includes(id));
  const answers = await Promise.all(
    asked.map(async (cell) => ({ cell, answer: await remote.deliver(cell, jws) })),
  );
  for (const { cell, answer } of answers) if (!answer.ok) return `cell ${cell.id}: ${answer.problem}`;
  return null;
}

async function probe({ remote, random }: Publisher, { epoch, next, buckets }: Step): Promise<string | null> {
  const users = probeUsers(next, buckets, random);
  const probed = await remote.probe({ epoch, users });
  if (probed.epoch < epoch) return `the edge still goes by epoch ${probed.epoch}`;
  for (const [index, user] of users.entries()) {
    const result = probed.results[index];
    const expected = expectedCell(next, user);
    if (!result || result.cell !== expected) return `a user of ${expected} is led to ${result?.cell}`;
    if (result.status !== 200)
      return `a request to ${expected} is answered ${result.status}: ${result.problem ?? 'no reason given'}`;
  }
  return null;
}

/** More than one in a hundred led wrong, of at least three: one may be a client of a cell that just restarted. */
const failuresMin = 3;
const failureShareMax = 0.01;

async function watch(
  { remote, clock }: Publisher,
  before: { failed: number; forwarded: number },
  soakMs: number,
): Promise<string | null> {
  if (soakMs > 0) await sleep(clock, soakMs);
  const after = await remote.counts();
  const [failed, forwarded] = [after.failed - before.failed, after.forwarded - before.forwarded];
  if (failed < failuresMin || failed <= failureShareMax * (forwarded + failed)) return null;
  return `${failed} of ${forwarded + failed} requests were led wrong or to a cell that does not answer`;
}

/** Cells that do not answer are given it by the edge later; that some do not must not keep the others from it. */
async function rollBack(
  publisher: Publisher,
  epoch: number,
  layout: Layout,
  cells: readonly Cell[],
): Promise<number> {
  const jws = await signPins({ epoch, ...layoutDocument(layout) }, publisher.key);
  await publisher.remember(jws);
  const byAddress = new Map(cells.map((cell) => [cell.url, cell]));
  for (const cell of byAddress.values()) {
    const answer = await publisher.remote.deliver(cell, jws);
    if (!answer.ok) publisher.say(`  · ${cell.id} was not told: ${answer.problem}`);
  }
  await publisher.remote.publish(jws);
  publisher.say(`  ✓ epoch ${epoch}: as it was before`);
  return epoch;
}

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;
