/** What the router is made of, put together once per isolate from its bindings. */
import { type Clock, systemClock } from '@cellbook/shared/clock.ts';
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { type Random, systemRandom } from '@cellbook/shared/random.ts';
import type { SocketShard } from '../sockets/socket-shard.ts';
import { createD1AuditStore } from './audit/d1-audit-store.ts';
import { createEdgeAudit, type EdgeAudit } from './audit/edge-audit.ts';
import { createRefusalCounts, noteRefusal, type RefusalCounts } from './audit/record-audit.ts';
import type { Refusal } from './authorise.ts';
import { type Bindings, type Config, parseConfig } from './config.ts';
import { createD1DepartureLog, type DepartureLog } from './departures/departure-log.ts';
import { createD1DeviceRequests } from './device/d1-device-requests.ts';
import type { DeviceRequests } from './device/device-requests.ts';
import { askingOf } from './directory/asking.ts';
import { createD1Changes, type D1Changes } from './directory/changes.ts';
import { createD1Directory } from './directory/d1-directory.ts';
import { createD1Orgs } from './directory/d1-orgs.ts';
import { createD1People } from './directory/d1-people.ts';
import { createD1RegionOf, type RegionOf } from './directory/d1-region-of.ts';
import { createServiceStanding } from './directory/d1-service-standing.ts';
import type { Directory } from './directory/directory.ts';
import { createLastGood } from './directory/last-good.ts';
import type { Orgs } from './directory/orgs.ts';
import type { People } from './directory/people.ts';
import { createPinStore, type PinStore } from './directory/pin-store.ts';
import type { Revocable } from './directory/revoked.ts';
import { createPinVerifier, type VerifySigned } from './directory/signed-pins.ts';
import { createSnapshots, type Snapshots } from './directory/snapshots.ts';
import { createStandings, type Standings } from './directory/standing.ts';
import { type Credentials, createCredentials } from './identity/credentials.ts';
import type { Person } from './identity/identity.ts';
import { createProvider, type Provider } from './identity/oidc/provider.ts';
import { createOneTimeCodes, type OneTimeCodeStore } from './identity/one-time-codes.ts';
import {
  type CountsOf,
  createDeviceGate,
  createSignInGate,
  type SignInGate,
} from './identity/sign-in-gate.ts';
import { type ForwardJobs, forwardJobs } from './jobs/forward-jobs.ts';
import { createHeldBy } from './jobs/held-by.ts';
import { createD1KeyStore } from './keys/d1-key-store.ts';
import { createD1ServiceAccountStore } from './keys/d1-service-account-store.ts';
import type { KeyStore } from './keys/key-store.ts';
import { createKeyUse, type KeyUse } from './keys/key-use.ts';
import type { ServiceAccountStore } from './keys/service-account-store.ts';
import { log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createCellHealer } from './pins/heal-cells.ts';
import { type Budgets, createD1Budgets } from './regions/budgets.ts';
import { createD1RegionRecords, type RegionRecords } from './regions/region-records.ts';
import type { Forwarder } from './route/forward.ts';
import { createPrincipalSigner } from './route/principal.ts';
import { createD1SecretCells, type SecretCells } from './secrets/secret-cells.ts';
import { createD1ShareStore } from './shares/d1-share-store.ts';
import type { ShareStore } from './shares/share-store.ts';
import { createRereader } from './standing/reread.ts';
import { createD1StandingLog, type StandingLog } from './standing/standing-log.ts';
import type { ToldLast } from './standing/tell-cells.ts';
import type { Upkeep } from './upkeep/upkeep.ts';
import { upkeepOf } from './upkeep/upkeep-of.ts';

export interface Edge {
  config: Config;
  clock: Clock;
  random: Random;
  assets: Fetcher;
  directory: Directory;
  people: People;
  orgs: Orgs;
  providers: readonly Provider[];
  signInGate: SignInGate;
  credentials: Credentials;
  revoked: Snapshots['revoked'];
  /** Where `revoked` cannot know (directory/revoked.ts). */
  askRevoked(credential: Revocable): Promise<boolean>;
  changes: Snapshots['changes'];
  policies: Snapshots['policies'];
  /** Where `policies` does not hold them all. */
  askPolicy: D1Changes['policyOf'];
  pins: Snapshots['pins'];
  standingLog: StandingLog;
  departures: DepartureLog;
  toldLast: ToldLast;
  pinStore: PinStore;
  verifyPins: VerifySigned;
  standings: Standings;
  regionOf: RegionOf;
  codes: OneTimeCodeStore;
  /** Command lines that wait to be let in, and how often one person may try their codes. */
  devices: DeviceRequests;
  deviceGuesses: SignInGate;
  keys: KeyStore;
  serviceAccounts: ServiceAccountStore;
  keyUse: KeyUse;
  /** Who has all of an organisation's secrets. */
  secretCells: SecretCells;
  /** Of each organisation's quota, by cell. */
  shares: ShareStore;
  /** Who guards the queue of each GPU region, and what each may spend of an organisation's cap. */
  regionRecords: RegionRecords;
  budgets: Budgets;
  /** What somebody is in an organisation, as the directory has it now. */
  personIn(sub: UserId, org: OrgId): Promise<Person | null>;
  audit: EdgeAudit;
  refusals: RefusalCounts;
  /** Told of every refusal of authorise.ts, for the record; must not throw. */
  refused?(refusal: Refusal): void;
  metrics: Metrics;
  upkeep: Upkeep;
  forwarder: Forwarder;
  forwardJobs: ForwardJobs;
  /** The objects that hold browsers' sockets. */
  shards(shard: number): DurableObjectStub<SocketShard>;
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
  const stores = createStores(bindings.DIRECTORY, clock);
  const { directory, keys } = stores;
  const operators = config.CELLBOOK_OPERATORS;
  const people = createD1People({ db: bindings.DIRECTORY, clock, random, operators });
  const verified = createPinVerifier(config.CELLBOOK_PIN_PUBLIC_KEY);
  const pinStore = createPinStore({ kv: bindings.PINS, db: bindings.DIRECTORY, clock });
  const stored = createD1Changes({ db: bindings.DIRECTORY, clock });
  const snapshots = createSnapshots({
    ...{ clock, stored, pinStore, verified },
    revocations: (nowMs, max) => directory.revocations(nowMs, max),
    keeper: createLastGood({
      ...{ cache: caches.default, clock, publicUrl: config.CELLBOOK_PUBLIC_URL },
      keys: config.CELLBOOK_CREDENTIAL_KEYS,
    }),
  });
  const { pins, revoked, changes, policies } = snapshots;
  const audit = createEdgeAudit({
    ...{ clock, random, anchors: bindings.PINS, key: config.CELLBOOK_AUDIT_KEY ?? null },
    store: createD1AuditStore({ db: bindings.DIRECTORY, clock }),
    retentionDays: config.CELLBOOK_AUDIT_RETENTION_DAYS,
    removesOnlyExported: config.CELLBOOK_AUDIT_REMOVE === 'exported',
  });
  const serviceStanding = createServiceStanding({ db: bindings.DIRECTORY, clock });
  const personIn = async (sub: UserId, org: OrgId) =>
    (await people.personIn(sub, org)) ?? (await serviceStanding(sub, org));
  return {
    config,
    clock,
    random,
    assets: bindings.ASSETS,
    metrics,
    ...stores,
    ...{ people, personIn },
    providers: config.CELLBOOK_OIDC.map((provider) => createProvider({ config: provider, clock })),
    signInGate: createSignInGate({ clock, counts: countsOf(bindings) }),
    credentials: createCredentials({ clock, keys: config.CELLBOOK_CREDENTIAL_KEYS }),
    ...{ revoked, changes, policies, pins, pinStore, verifyPins: verified },
    ...askingOf(clock, directory, stored),
    standings: createStandings({
      ...{ changes, personIn },
      onFailure: (cause) =>
        log('warn', 'an operator could not be read anew: his credential is believed', { cause }),
    }),
    keyUse: createKeyUse({
      clock,
      keys,
      onFailure: (cause) => log('warn', 'the last use of a key was not noted', { cause }),
    }),
    audit,
    upkeep: upkeepOf(bindings.DIRECTORY, clock, audit),
    deviceGuesses: createDeviceGate({ clock, counts: countsOf(bindings) }),
    refusals: createRefusalCounts(),
    refused: noteRefusal,
    ...forwardersOf({ config, clock, random, metrics, regionRecords: stores.regionRecords }, snapshots),
    ...createObjects(bindings, clock, random),
  };
}

function forwardersOf(
  given: Pick<Edge, 'config' | 'clock' | 'random' | 'metrics' | 'regionRecords'>,
  snapshots: Snapshots,
): Pick<Edge, 'forwarder' | 'forwardJobs'> {
  const forwarder = forwarderOf(given, snapshots);
  const schedulers = given.config.CELLBOOK_SCHEDULERS;
  const rereadIfBehind = createRereader(given.clock, snapshots);
  const heldBy = createHeldBy(given);
  return { forwarder, forwardJobs: forwardJobs({ ...forwarder, schedulers, heldBy, rereadIfBehind }) };
}

function forwarderOf(
  { config, clock, random, metrics }: Pick<Edge, 'config' | 'clock' | 'random' | 'metrics'>,
  snapshots: Snapshots,
): Forwarder {
  const healCell = createCellHealer(clock);
  const rereadIfBehind = createRereader(clock, snapshots);
  return {
    ...{ clock, random, pins: snapshots.pins },
    principals: createPrincipalSigner({ clock, key: config.CELLBOOK_PRINCIPAL_KEY }),
    onUnreachable: (error) => {
      metrics.unreachable(error.code === 'scheduler_unreachable' ? 'scheduler' : 'cell');
      log('warn', error.message, { ids: error.ids, cause: error.cause });
    },
    onAnswer(cell, answer, signedPins, defer) {
      rereadIfBehind(answer, defer);
      if (answer.status === 421) metrics.misdirected();
      healCell(cell, answer, signedPins, defer);
    },
  };
}

const countsOf =
  ({ COUNTS }: Bindings): CountsOf =>
  (shard) =>
    COUNTS.get(COUNTS.idFromName(`shard-${shard}`));

/** What the objects of the sockets Worker keep. */
const createObjects = (
  { ONE_TIME_CODES: objects, SOCKETS: sockets }: Bindings,
  clock: Clock,
  random: Random,
) => ({
  codes: createOneTimeCodes({ objects, clock, random }),
  shards: (shard: number) => sockets.get(sockets.idFromName(`shard-${shard}`)),
});

/** What is the directory's alone. */
const createStores = (db: D1Database, clock: Clock) => ({
  directory: createD1Directory({ db, clock }),
  orgs: createD1Orgs({ db, clock }),
  regionOf: createD1RegionOf({ db, clock }),
  keys: createD1KeyStore({ db, clock }),
  serviceAccounts: createD1ServiceAccountStore({ db, clock }),
  standingLog: createD1StandingLog({ db, clock }),
  departures: createD1DepartureLog({ db, clock }),
  toldLast: { upTo: 0 },
  devices: createD1DeviceRequests({ db, clock }),
  shares: createD1ShareStore({ db, clock }),
  regionRecords: createD1RegionRecords({ db, clock }),
  budgets: createD1Budgets({ db, clock }),
  secretCells: createD1SecretCells({ db, clock }),
});
