/**
 * A few workspaces that are lived through the real stores: resumed, suspended, frozen, stored, written to, handed to
 * another team, deleted; by two controllers that take over from each other, with what the second commit of a crash
 * repeats, what an owner of before sends late, and what is rolled back. The model is told of what was accepted.
 */
import {
  hostIdSchema,
  newOrgId,
  newSandboxId,
  newUserId,
  newVolumeId,
  newWorkspaceId,
} from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { createPostgresEgressLog } from '../../egress/postgres-egress-log.ts';
import { createPostgresRestStore } from '../../ladder/postgres-rest-store.ts';
import { type PhaseEvent, transition } from '../../lifecycle/phases.ts';
import { PostgresWorkspaceStore } from '../../lifecycle/stores/postgres-workspace-store.ts';
import { phaseStateOf, type WorkspaceRow } from '../../lifecycle/stores/workspace-row.ts';
import { upTo } from '../../quotas/allowance.ts';
import { createPostgresManifestStore } from '../../storage/manifests/postgres-manifest-store.ts';
import { declareSandboxBytes, tidyUsage } from '../tidy-usage.ts';
import type { UsageClock } from './usage-clock.ts';
import type { Dimensions, UsageModel } from './usage-model.ts';

const hostId = hostIdSchema.parse('host-a');
const fingerprint = { runtime: 'runsc 1', platform: 'systrap', cpuFeatures: 'abc', imageDigest: 'def' };
const problem = { code: 'internal', text: 'lost' } as const;

interface Lived extends Dimensions {
  workspaceId: WorkspaceRow['id'];
  holder: string;
  /** Bytes of the image of its memory; 0: frozen; null: nothing is kept. */
  image: number | null;
  remote: boolean;
  files: number;
  versions: number;
}

export class UsageHistory {
  readonly #random: Random;
  readonly #database: Database;
  readonly #model: UsageModel;
  readonly #clock: UsageClock;
  readonly #store: PostgresWorkspaceStore;
  readonly #all: Lived[] = [];
  sandboxBytes = 1024 ** 3;
  nowMs: number;

  constructor(random: Random, database: Database, clock: UsageClock, model: UsageModel, nowMs: number) {
    this.#random = random;
    this.#database = database;
    this.#model = model;
    this.#clock = clock;
    this.#store = new PostgresWorkspaceStore(database);
    this.nowMs = nowMs;
  }

  async begin(
    workspaces: number,
  ): Promise<{ ownerId: WorkspaceRow['ownerId']; orgId: WorkspaceRow['orgId'] }> {
    const owners = [newUserId(this.#random), newUserId(this.#random)] as const;
    const orgId = newOrgId(this.#random);
    await declareSandboxBytes(this.#database, this.sandboxBytes);
    await this.#clock.set(this.nowMs);
    for (let n = 0; n < workspaces; n++) {
      const id = newWorkspaceId(this.#random);
      const tier = this.#pick(['free', 'paid'] as const);
      const common = { orgId, ownerId: owners[n % 2 === 0 ? 0 : 1], tier, team: n % 3 === 0 ? 'red' : null };
      const made = { name: 'n', desired: 'running', idleSuspendSeconds: null, createKey: id } as const;
      await this.#store.create({ ...common, ...made, id, nowMs: this.nowMs }, upTo(100));
      const manifests = createPostgresManifestStore(this.#database);
      await manifests.create(id, newVolumeId(this.#random));
      const nothing = { image: null, remote: false, files: 0, versions: 0 };
      this.#all.push({ ...common, ...nothing, workspaceId: id, holder: 'a/1' });
    }
    return { ownerId: owners[0], orgId };
  }

  async step(): Promise<void> {
    await this.#letTimePass();
    const one = this.#pick(this.#all);
    const kind = this.#random.int(16);
    if (kind < 7) return this.#move(one);
    if (kind < 10) return this.#rest(one);
    if (kind < 12) return this.#write(one);
    if (kind === 12) return this.#reach(one);
    if (kind === 13) return this.#hand(one);
    if (kind === 14) return this.#lose(one);
    return this.#settle();
  }

  /** Mostly forward, up to days, often to a whole hour; back now and then. */
  async #letTimePass(): Promise<void> {
    const hourMs = 3_600_000;
    const kind = this.#random.int(12);
    if (kind === 0) this.nowMs -= this.#random.int(5 * hourMs);
    else if (kind === 1) this.nowMs += this.#random.int(60 * hourMs);
    else if (kind === 2) this.nowMs = Math.ceil(this.nowMs / hourMs) * hourMs;
    else if (kind < 10) this.nowMs += this.#random.int(hourMs);
    await this.#clock.set(this.nowMs);
  }

  /** One event, perhaps by who has just taken over; sent twice, and by who has lost it. */
  async #move(one: Lived): Promise<void> {
    if (this.#random.int(4) === 0) {
      one.holder = one.holder === 'a/1' ? 'b/1' : 'a/1';
      await this.#store.expireLeasesOf(one.holder === 'a/1' ? 'b' : 'a', one.holder);
    }
    const { workspaceId, holder } = one;
    const row = await this.#store.acquire(workspaceId, { holder, hostIds: [hostId], ttlMs: 60_000 });
    if (!row) return;
    const moved = transition(phaseStateOf(row), this.#event(row));
    if (!moved.accepted) return;
    const commit = { state: moved.state, hostId: null, transitions: [] };
    const guard = { holder, epoch: row.epoch, generation: row.generation };
    const late = await this.#store.commit(workspaceId, { ...guard, epoch: row.epoch - 1 }, commit);
    const done = await this.#store.commit(workspaceId, guard, commit);
    // Whoever heard no answer says the same again: nothing changes by it.
    if (this.#random.int(3) === 0) await this.#store.commit(workspaceId, guard, commit);
    if (late.committed || !done.committed) throw new Error('the store took the wrong one');
    const [ran, runs] = [row.phase === 'running', done.row.phase === 'running'];
    if (ran !== runs) this.#model.set(one, 'running', this.nowMs, runs, runs ? this.sandboxBytes : 0);
  }

  #event({ phase, generation, epoch }: WorkspaceRow): PhaseEvent {
    const by = { generation, epoch };
    const fails = this.#random.int(5) === 0;
    if (fails && (phase === 'resuming' || phase === 'suspending' || phase === 'deleting'))
      return { ...by, type: 'attempt_failed', problem, retryAtMs: this.nowMs };
    if (phase === 'resuming') return { ...by, type: 'sandbox_started', resume: null };
    if (phase === 'running' && fails) return { ...by, type: 'sandbox_lost', problem, dormant: false };
    if (phase === 'running') return { ...by, type: 'suspend_begun', dormant: false };
    if (phase === 'suspending' || phase === 'deleting') return { ...by, type: 'sandbox_stopped' };
    if (phase === 'deleted') return { ...by, type: 'restored' };
    if (this.#random.int(12) === 0) return { ...by, type: 'delete_begun' };
    return { ...by, type: 'resume_begun' };
  }

  async #rest(one: Lived): Promise<void> {
    const rests = createPostgresRestStore(this.#database);
    const { workspaceId, tier } = one;
    const kind = this.#random.int(4);
    const sandboxId = newSandboxId(this.#random);
    const common = { workspaceId, epoch: 1_000, tier, hostId, sandboxId };
    const times = { suspendedAtMs: this.nowMs, dueAtMs: this.nowMs };
    const before = { ...one };
    if (kind === 0) {
      await rests.put({ ...common, ...times, image: null, remote: false });
      Object.assign(one, { image: 0, remote: false });
    } else if (kind === 1) {
      const bytes = 1 + this.#random.int(1024 ** 3);
      await rests.put({ ...common, ...times, image: { bytes, fingerprint }, remote: false });
      Object.assign(one, { image: bytes, remote: false });
      if (this.#random.int(2) === 0 && (await rests.noteRemote(workspaceId, sandboxId))) {
        this.#tellRest(before, one);
        Object.assign(before, one);
        one.remote = true;
      }
    } else if (one.image !== null) {
      await rests.remove(workspaceId, 1_000);
      Object.assign(one, { image: null, remote: false });
    }
    this.#tellRest(before, one);
  }

  #tellRest(before: Lived, now: Lived): void {
    const [wasFrozen, frozen] = [before.image === 0, now.image === 0];
    if (wasFrozen !== frozen)
      this.#model.set(now, 'live', this.nowMs, frozen, frozen ? this.sandboxBytes : 0);
    const [image, remote] = [now.image ?? 0, now.remote ? (now.image ?? 0) : 0];
    if (image !== (before.image ?? 0)) this.#model.set(now, 'memory', this.nowMs, image > 0, image);
    if (remote !== (before.remote ? (before.image ?? 0) : 0))
      this.#model.set(now, 'memory_remote', this.nowMs, remote > 0, remote);
  }

  async #write(one: Lived): Promise<void> {
    const manifests = createPostgresManifestStore(this.#database);
    const { workspaceId } = one;
    const row = await manifests.read(workspaceId);
    if (!row) return;
    const bytes = this.#random.int(3) === 0 ? 0 : this.#random.int(1024 ** 3);
    const versionBytes = this.#random.int(1024 ** 2);
    const commit = { workspaceId, epoch: row.epoch, root: 'a'.repeat(64), reason: 'save' };
    const wanted = { ...commit, bytes, versionBytes, committedAtMs: this.nowMs };
    await manifests.commit({ ...wanted, expectedVersion: row.version });
    // Who has not seen it is refused, and counts for nothing.
    const refused = await manifests
      .commit({ ...wanted, bytes: 7, expectedVersion: row.version })
      .then(() => false)
      .catch(() => true);
    if (!refused) throw new Error('a commit on an older version was accepted');
    if (bytes === one.files && versionBytes === one.versions) return;
    Object.assign(one, { files: bytes, versions: versionBytes });
    this.#model.set(one, 'files', this.nowMs, bytes > 0, bytes);
    this.#model.set(one, 'versions', this.nowMs, versionBytes > 0, versionBytes);
  }

  /** Connections, written twice: by who did not hear that it was written. */
  async #reach(one: Lived): Promise<void> {
    const log = createPostgresEgressLog(this.#database);
    const { workspaceId } = one;
    const [bytesUp, bytesDown] = [1 + this.#random.int(1_000), 1 + this.#random.int(1_000_000)];
    const about = { host: 'pypi.org', port: 443, address: null, result: 'ok' as const, durationMs: 5 };
    const record = { ...about, workspaceId, sandboxId: newSandboxId(this.#random), startedAtMs: this.nowMs };
    const records = [{ ...record, recordId: this.#random.uuid(), bytesUp, bytesDown }];
    await log.append(records);
    await log.append(records);
    this.#model.set(one, 'egress_down', this.nowMs, false, 0, bytesDown);
    this.#model.set(one, 'egress_up', this.nowMs, false, 0, bytesUp);
  }

  async #hand(one: Lived): Promise<void> {
    const team = this.#pick(['red', 'blue', null]);
    const row = await this.#store.edit(one.workspaceId, { team });
    if (!row || team === one.team) return;
    one.team = team;
    this.#model.hand(one, this.nowMs);
  }

  /** A writer that dies in the middle of its transaction has changed nothing. */
  async #lose({ workspaceId }: Lived): Promise<void> {
    const died = new Error('died');
    await this.#database
      .transaction(async (tx) => {
        const phase = sql`case when phase = 'running' then 'suspended' else 'running' end`;
        await tx.execute(sql`update workspaces set phase = ${phase} where id = ${workspaceId}`);
        await tx.execute(sql`update volumes set bytes = 99 where workspace_id = ${workspaceId}`);
        throw died;
      })
      .catch((thrown: unknown) => {
        if (thrown !== died) throw thrown;
      });
  }

  async #settle(): Promise<void> {
    await tidyUsage(this.#database);
    this.#model.settle(this.nowMs);
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[this.#random.int(values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }
}
