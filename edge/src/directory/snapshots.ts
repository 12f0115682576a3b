/**
 * What the isolate holds of the stores, so that no request waits for one: pins, revocations, changed claims,
 * policies. Each is copied beside its store for isolates that start while that is down. Pins are used for good
 * (a cell that no longer owns a user says so itself), what decides who may do what for a day.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { log } from '../log.ts';
import { type Changes, type D1Changes, everybody, type Policies, policiesSchema } from './changes.ts';
import type { Directory } from './directory.ts';
import type { LastGood } from './last-good.ts';
import type { PinStore } from './pin-store.ts';
import { cutAt, type Revoked } from './revoked.ts';
import type { SignedPins, VerifySigned } from './signed-pins.ts';
import { Snapshot } from './snapshot.ts';

export interface Snapshots {
  pins: Snapshot<SignedPins>;
  revoked: Snapshot<Revoked>;
  changes: Snapshot<Changes>;
  policies: Snapshot<Policies>;
}

export interface SnapshotDeps {
  clock: Clock;
  stored: D1Changes;
  pinStore: PinStore;
  revocations: Directory['revocations'];
  verified: VerifySigned;
  keeper: LastGood;
}

const { snapshotStaleMsMax: staleMsMax, revocationsMax, changesMax, policiesMax } = limits.edge;

const timesSchema = z.array(z.tuple([z.string(), z.int()]));

export function createSnapshots(deps: SnapshotDeps): Snapshots {
  const { clock, stored, keeper, revocations } = deps;
  const named = (name: string) => ({
    clock,
    name,
    onFailure: (cause: unknown) =>
      log('error', `${name} could not be read; the last ones are used`, { cause }),
  });
  return {
    pins: pinsSnapshot(deps),
    revoked: new Snapshot({
      ...{ ...named('the revocations'), staleMsMax },
      load: async () => told('revocations', await revocations(clock.nowMs(), revocationsMax), cutAt),
      copy: {
        ...{ key: 'revoked', keeper },
        encode: (ids) => [...ids],
        decode: (kept) => new Map(timesSchema.parse(kept)),
      },
    }),
    changes: new Snapshot<Changes>({
      ...{ ...named('the changed claims'), staleMsMax },
      load: async () => told('changed claims', await stored.changes(changesMax), everybody),
      copy: {
        ...{ key: 'changes', keeper },
        encode: (changes) => [...changes],
        decode: (kept) => new Map(timesSchema.parse(kept)),
      },
    }),
    policies: new Snapshot<Policies>({
      ...{ ...named('the policies'), staleMsMax },
      load: async () => told('policies', await stored.policies(policiesMax), everybody),
      copy: {
        ...{ key: 'policies', keeper },
        encode: (policies) => [...policies],
        decode: (kept) => new Map(policiesSchema.parse(kept)),
      },
    }),
  };
}

function pinsSnapshot({ clock, pinStore, verified, keeper }: SnapshotDeps): Snapshot<SignedPins> {
  return new Snapshot<SignedPins>({
    ...{ clock, name: 'the pins' },
    load: async (fresh) => newestOf(await Promise.allSettled((await pinStore.newest(fresh)).map(verified))),
    supersedes: (next, held) => next.epoch >= held.epoch,
    onFailure: (cause) => log('error', 'the pins could not be read; the last good ones are used', { cause }),
    copy: {
      ...{ key: 'pins', keeper },
      encode: ({ jws }) => jws,
      decode: (kept) => verified(z.string().parse(kept)),
    },
  });
}

/** A document that does not verify must not hide a good one from the other store. */
function newestOf(read: readonly PromiseSettledResult<SignedPins>[]): SignedPins {
  const good = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [first, ...others] = good;
  if (first) return others.reduce((newest, one) => (one.epoch > newest.epoch ? one : newest), first);
  const bad = read.find((one) => one.status === 'rejected');
  throw bad ? bad.reason : new Error('no pins have been published');
}

/** One that was cut at its limit is right and slow: whom it does not hold is asked for one by one. */
function told<Value extends ReadonlyMap<string, unknown>>(name: string, value: Value, cut: string): Value {
  if (value.has(cut)) log('error', `there are more ${name} than are held: the rest is asked for one by one`);
  return value;
}
