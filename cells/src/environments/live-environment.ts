/**
 * The environment of one workspace on this host, from attach to the end.
 *
 *     attach: row ─▶ a copy of the layer ─▶ the times that are its own
 *     look:   survey ─▶ as it was stored? ─▶ the same twice, so nobody is installing ─▶ store
 *     store:  begin ─▶ capture ─▶ the layer's objects ─▶ survey again: still the same? ─▶ commit
 *
 * The row moves last, and to a layer that is whole: whoever dies before leaves the one that was there. What is
 * installed is stored when it has come to rest, and in any case at a suspend, when nothing runs any more. One thing
 * at a time; letting it go ends what is under way.
 */
import type { BigIntStats } from 'node:fs';
import { sleep } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { Semaphore } from '../storage/tree/semaphore.ts';
import { captureEnvironment } from './capture.ts';
import type { Environment, Layer, LayerCommit } from './environment-store.ts';
import type { EnvironmentParts, LiveFiles } from './host-environments.ts';
import { nodesOf, type StoredLayer, storeLayer } from './layer.ts';
import { createOrgObjects, DamagedLayer } from './org-objects.ts';
import { putLayer } from './put-layer.ts';
import { looksOf, type Survey } from './survey.ts';
import { surveyIn, withEnvironment } from './survey-in.ts';
import { emptyLayer } from './swap.ts';
import type { DirectoryNode } from './tree-node.ts';

const { quietLooks, captureLeaseMs, captureMsMax, awaitSweepMs, awaitSweepEveryMs } = limits.environments;

export class LiveEnvironment {
  readonly #workspaceId: WorkspaceId;
  readonly #files: LiveFiles;
  readonly #parts: EnvironmentParts;
  readonly #one = new Semaphore(1);
  readonly #stop = new AbortController();
  /** What was attached last, as long as nothing has been captured since. */
  #attached: { layer: Layer; orgId: OrgId; untilNs: bigint } | null = null;
  #known: DirectoryNode | null = null;
  /** The state that is stored. */
  #stored: string | null = null;
  #seen = { state: '', looks: 0 };
  #isLooking = false;
  /** The row says that what is here cannot be stored: as soon as it can it must say so no more. */
  #isTold = false;

  constructor(workspaceId: WorkspaceId, files: LiveFiles, parts: EnvironmentParts) {
    this.#workspaceId = workspaceId;
    this.#files = files;
    this.#parts = parts;
  }

  stop(): void {
    this.#stop.abort(new Error('the environment was let go'));
  }

  attach(signal: AbortSignal): Promise<void> {
    return this.#one.run(async () => {
      const environment = await this.#parts.environments.read(this.#workspaceId);
      if (environment && environment.layer.root !== null) await this.#put(environment, signal);
      else this.#stored = (await this.#survey()).state;
    });
  }

  /** Nothing while another is under way. */
  async look(epoch: number): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    await this.#lookOnce(epoch).finally(() => {
      this.#isLooking = false;
    });
  }

  #lookOnce(epoch: number): Promise<void> {
    return this.#one.run(async () => {
      if (this.#stop.signal.aborted) return;
      const now = await this.#survey();
      if (this.#isStored(now)) return;
      const looks = now.state === this.#seen.state ? this.#seen.looks + 1 : 1;
      this.#seen = { state: now.state, looks };
      if (looks >= quietLooks) await this.#store(now, epoch, false, this.#stop.signal);
    });
  }

  flush(epoch: number, signal: AbortSignal): Promise<void> {
    return this.#one.run(async () => {
      const now = await this.#survey();
      if (this.#isStored(now) || !(await this.#files.isWhole())) return;
      await this.#store(now, epoch, true, signal);
    });
  }

  reset(epoch: number, to: 'empty' | 'previous', signal: AbortSignal): Promise<void> {
    return this.#one.run(async () => {
      const { environments } = this.#parts;
      const after = await environments.reset(this.#workspaceId, { epoch }, to);
      const orgId = after?.orgId ?? (await environments.orgOf(this.#workspaceId));
      if (orgId === null) return;
      const layer = after?.layer ?? emptyLayer(this.#parts.clock.nowMs());
      await this.#put({ orgId, layer }, signal);
    });
  }

  /** A layer that cannot be read leaves nothing installed, and is told: it is made anew from its lockfile. */
  async #put({ orgId, layer }: Pick<Environment, 'orgId' | 'layer'>, signal: AbortSignal): Promise<void> {
    const { cache, environments, log } = this.#parts;
    const objects = await this.#objectsFor(orgId);
    const put = (wanted: Layer) =>
      putLayer({ cache, orgId, objects, directory: this.#files.directory, layer: wanted, signal });
    this.#known = null;
    this.#attached = null;
    try {
      const untilNs = await put(layer);
      if (untilNs !== null) {
        // The first look compares; a resume does not wait for one.
        this.#attached = { layer, orgId, untilNs };
        this.#stored = null;
        return;
      }
    } catch (error) {
      if (!(error instanceof DamagedLayer)) throw error;
      const ids = { workspaceId: this.#workspaceId, digest: layer.root, key: error.key };
      log.error({ ...ids, err: error }, 'a layer of installed packages is damaged');
      await put(emptyLayer(0));
      await environments.setState(this.#workspaceId, 'damaged', 'what was stored of it cannot be read');
    }
    this.#stored = (await this.#survey()).state;
  }

  #isStored({ state, looks, newestNs, leaves }: Survey): boolean {
    if (state === this.#stored) return true;
    if (this.#isTold) return false;
    const layer = this.#attached?.layer ?? null;
    const isAsAttached =
      layer !== null && looks === layer.looks && newestNs <= (this.#attached?.untilNs ?? 0n);
    const wasEmpty = this.#stored !== null && this.#attached === null && this.#known === null;
    // Folders alone are nothing installed.
    if (!isAsAttached && !(leaves === 0 && wasEmpty)) return false;
    this.#stored = state;
    return true;
  }

  async #store(now: Survey, epoch: number, isLast: boolean, given: AbortSignal): Promise<void> {
    const workspaceId = this.#workspaceId;
    const { environments, clock, random } = this.#parts;
    const orgId = await environments.orgOf(workspaceId);
    if (orgId === null) return;
    const before = await environments.read(workspaceId);
    const captureId = random.uuid();
    const store = async (signal: AbortSignal) => {
      const begun = await this.#begin(orgId, captureId, isLast, signal);
      if (!begun) return;
      const anew = before !== null && before.state !== 'ready';
      const made = await this.#make(orgId, { ...begun, anew }, signal);
      const after = await this.#survey();
      if (!isLast && after.state !== now.state) return;
      if (!(await this.#files.isWhole())) return;
      const layer = { ...made, storedAtMs: clock.nowMs() };
      if (!isSame(before, layer)) await environments.commit({ workspaceId, orgId, epoch, captureId, layer });
      this.#stored = after.state;
      this.#attached = null;
      this.#isTold = false;
    };
    const doing = 'storing the installed packages';
    try {
      const signal = AbortSignal.any([given, this.#stop.signal]);
      await withDeadline(clock, captureMsMax, { code: 'store_unavailable', doing }, store, signal);
    } catch (error) {
      await this.#explain(error, before, isLast, { workspaceId, orgId, epoch, captureId });
    } finally {
      await environments.endCapture(captureId);
    }
  }

  async #make(orgId: OrgId, how: { sweeps: number; anew: boolean }, signal: AbortSignal): Promise<Made> {
    const known = how.anew ? null : await this.#before(orgId, signal).catch(onlyDamaged);
    const anew = known === 'damaged' || how.anew;
    const before = known === 'damaged' ? null : known;
    const objects = createOrgObjects(orgId, this.#parts.tools, { ...how, anew });
    const storedAs = (stats: BigIntStats) => this.#files.storedAs?.(stats) ?? null;
    const tools = { objects, clock: this.#parts.clock, signal, storedAs };
    const { directory } = this.#files;
    const tree = await withEnvironment(directory, (root) => captureEnvironment(tools, root, before));
    this.#known = tree;
    if (tree === null || isBare(tree)) return { ...emptyLayer(0) };
    return { ...(await storeLayer(objects, tree, signal)), looks: looksOf(tree) };
  }

  /** What is known of the files as they are: since the last capture, else since they were attached. */
  async #before(orgId: OrgId, signal: AbortSignal): Promise<DirectoryNode | null> {
    if (this.#known || !this.#attached) return this.#known;
    const { layer, untilNs } = this.#attached;
    return nodesOf(await this.#objectsFor(orgId), layer, untilNs, signal);
  }

  /** Null while the organisation is being swept: a look comes again, a suspend waits. */
  async #begin(orgId: OrgId, captureId: string, isLast: boolean, signal: AbortSignal) {
    const { environments, clock } = this.#parts;
    const untilMs = clock.monotonicMs() + awaitSweepMs;
    for (;;) {
      const begun = await environments.beginCapture(orgId, captureId, captureLeaseMs);
      if (begun || !isLast) return begun;
      if (clock.monotonicMs() >= untilMs) throw beingSwept();
      await sleep(clock, awaitSweepEveryMs, signal);
    }
  }

  /** What can never be stored is told and does not keep a workspace from its suspend; anything else is tried again. */
  async #explain(
    error: unknown,
    before: Environment | null,
    isLast: boolean,
    capture: Omit<LayerCommit, 'layer'>,
  ): Promise<void> {
    if (!(error instanceof CellbookError) || error.code !== 'too_large') throw error;
    const { environments, clock, log } = this.#parts;
    log.warn({ workspaceId: this.#workspaceId, isLast, err: error }, 'installed packages cannot be stored');
    // Of the first that are ever installed there is no row yet to say it in.
    if (!before) await environments.commit({ ...capture, layer: emptyLayer(clock.nowMs()) });
    await environments.setState(this.#workspaceId, before?.state ?? 'ready', error.problem);
    this.#isTold = true;
  }

  /** For reading: what a cache knows of a layer that is referred to is right, whatever was swept. */
  async #objectsFor(orgId: OrgId) {
    return createOrgObjects(orgId, this.#parts.tools, { sweeps: 0 });
  }

  #survey(): Promise<Survey> {
    return surveyIn(this.#files.directory, this.#stop.signal);
  }
}

type Made = StoredLayer & Pick<Layer, 'looks'>;

const isBare = ({ children }: DirectoryNode): boolean =>
  [...children.values()].every((child) => child.type === 'directory' && isBare(child));

const isSame = (before: Environment | null, { root, times, looks }: Made): boolean =>
  before === null
    ? root === null
    : before.state === 'ready' &&
      before.problem === null &&
      before.layer.root === root &&
      before.layer.times === times &&
      before.layer.looks === looks;

/** What was attached cannot be read back: everything is read from the files, and stored anew. */
function onlyDamaged(error: unknown): 'damaged' {
  if (error instanceof DamagedLayer) return 'damaged';
  throw error;
}

const beingSwept = (): CellbookError =>
  new CellbookError('store_unavailable', {
    doing: 'storing the installed packages',
    problem: 'what is stored is being tidied',
    next: 'It is tried again by itself.',
  });
