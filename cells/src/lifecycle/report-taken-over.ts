/**
 * How a resume went that one controller began and another ended: by the record, where the step that started the
 * sandbox has its outcome, else by what its host says. Its time is from the beginning on, the interruption included;
 * its steps are those of both.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { MissedRung, Rung } from '@cellbook/shared/protocol/resume.ts';
import { type ResumeReport, reportResume } from '../ladder/resume-report.ts';
import type { Climbed } from '../ladder/wake.ts';
import type { CarryOutDeps } from './carry-out.ts';
import type { StepContext } from './steps/step.ts';
import type { NewTransition } from './stores/transition-store.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';

interface TakenOver {
  row: Pick<WorkspaceRow, 'id'>;
  context: Pick<StepContext, 'cameBy'>;
  /** Of the steps of the take-over. */
  unwritten: readonly NewTransition[];
}

/** Null where nobody knows. */
export async function reportTakenOver(
  { transitions, clock }: Pick<CarryOutDeps, 'transitions' | 'clock'>,
  { row, context, unwritten }: TakenOver,
): Promise<ResumeReport | null> {
  const record = await transitions.list(row.id, null, limits.lifecycle.takenOverRecordMax);
  const began = record.findIndex((entry) => entry.kind === 'phase' && entry.event === 'resume_begun');
  const since = [...record.slice(0, Math.max(0, began)).toReversed(), ...unwritten];
  const cameBy = wasThere(record.slice(began + 1)) ? 'live' : context.cameBy;
  const climbed = climbedIn(since) ?? (cameBy && asItsHostSays(cameBy));
  if (climbed === null) return null;
  const took = since.flatMap((entry) => (entry.kind === 'outcome' ? [entry] : []));
  const atMs = clock.nowMs();
  return reportResume(climbed, took, Math.max(0, atMs - (record[began]?.atMs ?? atMs)), atMs);
}

function climbedIn(entries: readonly NewTransition[]): Climbed | null {
  const started = entries.findLast((entry) => entry.kind === 'outcome' && entry.resume !== undefined);
  return started?.kind === 'outcome' ? (started.resume ?? null) : null;
}

/** Newest first, before it was resumed: a suspend has failed before it could end it, and nothing was to be started. */
function wasThere(before: readonly NewTransition[]): boolean {
  for (const entry of before) {
    if (entry.kind === 'phase' && entry.event === 'sandbox_started') return true;
    if (entry.kind === 'phase' && (entry.event === 'sandbox_stopped' || entry.event === 'sandbox_lost'))
      return false;
    if (entry.kind === 'outcome' && entry.outcome === 'ok' && endsIt.has(entry.step)) return false;
  }
  return false;
}

const endsIt: ReadonlySet<string> = new Set(['stop_sandbox', 'sleep_sandbox']);

/** It died between what it did and writing it down: what it had tried before is not known. */
const asItsHostSays = (rung: Rung): Climbed => ({
  rung,
  missed: rung === 'live' || rung === 'memory' ? [] : [unsaid],
});

const unsaid: MissedRung = {
  rung: 'memory',
  cause: 'failed',
  why: 'its resume was interrupted by the end of its controller, before that could say why',
};
