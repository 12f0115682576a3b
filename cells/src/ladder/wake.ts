/**
 * Brings a workspace's sandbox up by the best rung that works: each is tried within its own budget, and one that
 * fails or overruns falls to the next, in the same resume. What was tried and why not a better one comes with it.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { isBetter, type MissCause, type MissedRung, type Rung } from '@cellbook/shared/protocol/resume.ts';
import type { SandboxHost } from '../host/sandbox-host.ts';
import type { Sandbox, SandboxSpec } from '../sandbox/driver.ts';
import type { ImageKey } from '../snapshots/image-key.ts';
import type { KeptImage } from '../snapshots/image-shelf.ts';
import { type ClimbFacts, climb } from './climb.ts';
import type { Rest } from './rest.ts';

export interface Climbed {
  rung: Rung;
  /** Better rungs, and why not; what went wrong first. */
  missed: readonly MissedRung[];
}

export const hasItsMemory = ({ rung }: Climbed): boolean =>
  rung === 'live' || rung === 'memory' || rung === 'memory-remote';

export interface WakeTools {
  host: SandboxHost;
  clock: Clock;
  /** The sandbox to start where none comes back: drawn anew for each try, since an id is used once. */
  spec(): SandboxSpec;
  /** What opens the workspace's images; null where nothing does. */
  imageKey(): Promise<ImageKey | null>;
  /** Makes a ready member of the pool the workspace's; absent where there is no pool. */
  claimMember?(spec: SandboxSpec, signal: AbortSignal): Promise<unknown>;
  /** A full host may have a frozen sandbox that can be stored instead. False where nothing came of it. */
  makeRoom(signal: AbortSignal): Promise<boolean>;
}

export async function wake(tools: WakeTools, facts: ClimbFacts, signal: AbortSignal): Promise<Climbed> {
  const { tries, missed: known, aside } = climb(facts);
  const missed = [...known];
  for (const rung of tries) {
    const begunMs = tools.clock.monotonicMs();
    try {
      await within(tools, rung, (both) => tryRung(tools, rung, facts.rest, both), signal);
      return { rung, missed: [...missed, ...aside.filter((miss) => isBetter(miss.rung, rung))] };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toCellbookError(thrown, `bringing a sandbox up by ${rung}`);
      if (rung === tries.at(-1) || endsTheClimb(error)) throw error;
      const tookMs = tools.clock.monotonicMs() - begunMs;
      missed.push({ rung, cause: causeOf(rung, error, tookMs), why: shortened(error.problem) });
    }
  }
  throw new Error('the ladder has no last rung');
}

function causeOf(rung: Rung, { code }: CellbookError, tookMs: number): MissCause {
  if (code === 'snapshot_incompatible') return 'incompatible';
  if (code === 'gone') return 'gone';
  return tookMs >= limits.ladder.budgetMs[rung] ? 'slow' : 'failed';
}

const shortened = (why: string): string => why.slice(0, limits.ladder.whyCharsMax);

/** No other rung would fare better. */
const endsTheClimb = ({ code }: CellbookError): boolean =>
  code === 'stale_epoch' || code === 'host_unreachable';

async function tryRung(tools: WakeTools, rung: Rung, rest: Rest | null, signal: AbortSignal): Promise<void> {
  const { host, spec } = tools;
  if (rung === 'live' && rest) {
    const { workspaceId, epoch } = spec();
    if (!(await host.thaw(workspaceId, epoch, signal))) throw gone();
    return;
  }
  if (rung === 'files') {
    await tools.claimMember?.(spec(), signal);
    return;
  }
  const isImage = rung === 'memory' || rung === 'memory-remote';
  const image = isImage && rest ? await imageOf(tools, rest, rung === 'memory-remote') : undefined;
  await startWithRoom(tools, (free) => host.start(spec(), free, image), signal);
}

async function imageOf({ imageKey }: WakeTools, rest: Rest, isRemote: boolean): Promise<KeptImage> {
  const key = await imageKey();
  const { sandboxId: of, workspaceId } = rest;
  if (key) return { of, key, ...(isRemote && { remoteOf: workspaceId }) };
  throw new CellbookError('sandbox_unavailable', {
    doing: 'opening the image of a workspace',
    problem: 'no key opens its image',
  });
}

async function startWithRoom(
  { makeRoom }: WakeTools,
  start: (signal: AbortSignal) => Promise<Sandbox>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await start(signal);
  } catch (thrown) {
    const isFull = thrown instanceof CellbookError && thrown.code === 'capacity_exhausted';
    if (!isFull || !(await makeRoom(signal))) throw thrown;
    await start(signal);
  }
}

function within<T>(
  { clock }: WakeTools,
  rung: Rung,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const doing = `bringing a sandbox up by ${rung}`;
  return withDeadline(
    clock,
    limits.ladder.budgetMs[rung],
    { code: 'sandbox_unavailable', doing },
    work,
    signal,
  );
}

const gone = (): CellbookError =>
  new CellbookError('gone', {
    doing: 'thawing a sandbox',
    problem: 'its frozen sandbox is gone: the host was restarted, or its place was needed',
  });
