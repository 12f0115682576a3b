/** What the router is made of, put together once per isolate from its bindings. */
import { type Clock, systemClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Pins, verifyPins } from '@cellbook/shared/pins/pins.ts';
import { type Random, systemRandom } from '@cellbook/shared/random.ts';
import { importJWK } from 'jose';
import type { Refusal } from './authorise.ts';
import { type Bindings, type Config, parseConfig } from './config.ts';
import { createD1Directory } from './directory/d1-directory.ts';
import type { Directory } from './directory/directory.ts';
import { Snapshot } from './directory/snapshot.ts';
import { type Credentials, createCredentials } from './identity/credentials.ts';
import { createOneTimeCodes, type OneTimeCodeStore } from './identity/one-time-codes.ts';
import { createD1KeyStore } from './keys/d1-key-store.ts';
import { createD1ServiceAccountStore } from './keys/d1-service-account-store.ts';
import type { KeyStore } from './keys/key-store.ts';
import { createKeyUse, type KeyUse } from './keys/key-use.ts';
import type { ServiceAccountStore } from './keys/service-account-store.ts';
import { log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { Forwarder } from './route/forward.ts';
import { createPrincipalSigner } from './route/principal.ts';

export interface Edge {
  config: Config;
  clock: Clock;
  random: Random;
  assets: Fetcher;
  directory: Directory;
  credentials: Credentials;
  /** Ids of revoked tokens and sessions. */
  revoked: Snapshot<Set<string>>;
  codes: OneTimeCodeStore;
  keys: KeyStore;
  serviceAccounts: ServiceAccountStore;
  keyUse: KeyUse;
  /** Told of every refusal of authorise.ts, for the record; must not throw. */
  refused?(refusal: Refusal): void;
  metrics: Metrics;
  forwarder: Forwarder;
}

const built = new WeakMap<object, Edge>();

export function edgeOf(bindings: Bindings): Edge {
  const known = built.get(bindings);
  if (known) return known;
  const edge = createEdge(bindings, systemClock, systemRandom);
  built.set(bindings, edge);
  return edge;
}

export function createEdge(bindings: Bindings, clock: Clock, random: Random): Edge {
  const config = parseConfig(bindings);
  const metrics = createMetrics();
  const directory = createD1Directory({ db: bindings.DIRECTORY, clock, random });
  const keys = createD1KeyStore({ db: bindings.DIRECTORY, clock });
  return {
    config,
    clock,
    random,
    assets: bindings.ASSETS,
    metrics,
    directory,
    credentials: createCredentials({ clock, keys: config.CELLBOOK_CREDENTIAL_KEYS }),
    revoked: new Snapshot({
      clock,
      name: 'the revocations',
      load: async () => {
        const ids = new Set(await directory.revocations(clock.nowMs()));
        if (ids.size >= limits.edge.revocationsMax)
          log('error', 'more is revoked than is read: some of it counts as valid');
        return ids;
      },
      onFailure: (cause) =>
        log('error', 'the revocations could not be read; the last ones are used', { cause }),
    }),
    keys,
    serviceAccounts: createD1ServiceAccountStore({ db: bindings.DIRECTORY, clock }),
    keyUse: createKeyUse({
      clock,
      keys,
      onFailure: (cause) => log('warn', 'the last use of a key was not noted', { cause }),
    }),
    codes: createOneTimeCodes({ objects: bindings.ONE_TIME_CODES, clock, random }),
    forwarder: {
      clock,
      random,
      pins: pinsSnapshot(bindings.PINS, config, clock),
      principals: createPrincipalSigner({ clock, key: config.CELLBOOK_PRINCIPAL_KEY }),
      onUnreachable: (error) => {
        metrics.unreachable();
        log('warn', error.message, { ids: error.ids, cause: error.cause });
      },
    },
  };
}

function pinsSnapshot(store: KVNamespace, config: Config, clock: Clock): Snapshot<Pins> {
  return new Snapshot({
    clock,
    name: 'the pins',
    load: async () => {
      const jws = await store.get('pins');
      if (jws === null) throw new Error('no pins have been published');
      const key = await importJWK(config.CELLBOOK_PIN_PUBLIC_KEY, 'EdDSA');
      if (key instanceof Uint8Array) throw new Error('the key of the pins is not a public key');
      return verifyPins(jws, key);
    },
    supersedes: (next, held) => next.epoch >= held.epoch,
    onFailure: (cause) => log('error', 'the pins could not be read; the last good ones are used', { cause }),
  });
}
