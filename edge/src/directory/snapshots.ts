/**
 * What the isolate holds of the stores, so that no request waits for one: pins, revocations, changed claims,
 * policies. Each is copied beside its store for isolates that start while that is down. Pins are used for good
 * (a cell that no longer owns a user says so itself), what decides who may do what for a day.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Pins, verifyPins } from '@cellbook/shared/pins/pins.ts';
import { type CryptoKey, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { log } from '../log.ts';
import { type Changes, createD1Changes, type Policies, policiesSchema } from './changes.ts';
import type { LastGood } from './last-good.ts';
import { createPinStore } from './pin-store.ts';
import { Snapshot } from './snapshot.ts';

/** As they were signed, for cells that have not got them yet. */
export interface SignedPins extends Pins {
  readonly jws: string;
}

export interface Snapshots {
  pins: Snapshot<SignedPins>;
  /** Ids of revoked keys and sessions. */
  revoked: Snapshot<Set<string>>;
  changes: Snapshot<Changes>;
  policies: Snapshot<Policies>;
}

export interface SnapshotDeps {
  clock: Clock;
  kv: KVNamespace;
  db: D1Database;
  revocations(nowMs: number): Promise<string[]>;
  pinPublicKey: JWK;
  keeper: LastGood;
}

const { snapshotStaleMsMax: staleMsMax, revocationsMax, changesMax, policiesMax } = limits.edge;

export function createSnapshots(deps: SnapshotDeps): Snapshots {
  const { clock, db, keeper, revocations } = deps;
  const stored = createD1Changes({ db, clock });
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
      load: async () => whole('revocations', new Set(await revocations(clock.nowMs())), revocationsMax),
      copy: {
        ...{ key: 'revocations', keeper },
        encode: (ids) => [...ids],
        decode: (kept) => new Set(z.array(z.string()).parse(kept)),
      },
    }),
    changes: new Snapshot<Changes>({
      ...{ ...named('the changed claims'), staleMsMax },
      load: async () => whole('changed claims', await stored.changes(), changesMax),
      copy: {
        ...{ key: 'changes', keeper },
        encode: (changes) => [...changes],
        decode: (kept) => new Map(z.array(z.tuple([z.string(), z.int()])).parse(kept)),
      },
    }),
    policies: new Snapshot<Policies>({
      ...{ ...named('the policies'), staleMsMax },
      load: async () => whole('policies', await stored.policies(), policiesMax),
      copy: {
        ...{ key: 'policies', keeper },
        encode: (policies) => [...policies],
        decode: (kept) => new Map(policiesSchema.parse(kept)),
      },
    }),
  };
}

function pinsSnapshot({ clock, kv, db, pinPublicKey, keeper }: SnapshotDeps): Snapshot<SignedPins> {
  const store = createPinStore({ kv, db, clock });
  let imported: Promise<CryptoKey | Uint8Array> | null = null;
  const verified = async (jws: string): Promise<SignedPins> => {
    imported ??= importJWK(pinPublicKey, 'EdDSA');
    const key = await imported;
    if (key instanceof Uint8Array) throw new Error('the key of the pins is not a public key');
    return { ...(await verifyPins(jws, key)), jws };
  };
  return new Snapshot<SignedPins>({
    ...{ clock, name: 'the pins' },
    load: async () => verified(await store.newest()),
    supersedes: (next, held) => next.epoch >= held.epoch,
    onFailure: (cause) => log('error', 'the pins could not be read; the last good ones are used', { cause }),
    copy: {
      ...{ key: 'pins', keeper },
      encode: ({ jws }) => jws,
      decode: (kept) => verified(z.string().parse(kept)),
    },
  });
}

/** One that is cut off at its limit decides wrongly about what it lacks: said loudly, for there is no better. */
function whole<Value extends { size: number }>(name: string, value: Value, max: number): Value {
  if (value.size >= max) log('error', `there are more ${name} than are read: some do not count`);
  return value;
}
