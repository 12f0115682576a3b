/** What `/lab/api/cellbook` says about the workspace, and the words for it. Pure. */
import { z } from 'zod/mini';
import { type Resume, resumeHint, resumeLabel, resumeSchema } from './resume-words.ts';

const stateSchema = z.object({
  name: z.string(),
  phase: z.string(),
  problem: z.optional(z.nullable(z.string())),
  queue: z.optional(z.nullable(z.object({ position: z.number(), of: z.number() }))),
  lastResume: z.optional(z.nullable(resumeSchema)),
});

/** Where the workspace is; what could not be learned has a phase of its own. */
export interface WorkspaceState {
  name: string;
  phase: string;
  /** Why the last attempt failed. */
  problem?: string | null | undefined;
  /** Where it stands among those that wait to start, from 1. */
  queue?: { position: number; of: number } | null | undefined;
  /** How it came back the last time. */
  lastResume?: Resume | null | undefined;
}

export function readState(status: number, body: unknown, before: WorkspaceState): WorkspaceState {
  const parsed = stateSchema.safeParse(body);
  if (status === 200 && parsed.success) return parsed.data;
  if (status === 401 || status === 403) return { ...before, phase: 'signed-out' };
  if (status === 404 || status === 410) return { ...before, phase: 'deleted' };
  return { ...before, phase: 'unreachable' };
}

export interface StateWords {
  label: string;
  hint: string;
  tone: 'good' | 'quiet' | 'busy' | 'bad';
}

const words: Record<string, StateWords> = {
  running: { label: 'Running', hint: 'The workspace is running.', tone: 'good' },
  suspended: {
    label: 'Suspended',
    hint: 'The workspace is suspended; it resumes by itself when you run a cell or use a terminal.',
    tone: 'quiet',
  },
  resuming: { label: 'Resuming…', hint: 'The workspace is coming back.', tone: 'busy' },
  suspending: { label: 'Suspending…', hint: 'Its files are being saved.', tone: 'busy' },
  failed: {
    label: 'Trouble',
    hint: 'The last attempt failed; it is tried again. The console says why.',
    tone: 'bad',
  },
  deleting: {
    label: 'Deleted',
    hint: 'The workspace was deleted; the console can bring it back.',
    tone: 'bad',
  },
  deleted: {
    label: 'Deleted',
    hint: 'The workspace was deleted; the console can bring it back.',
    tone: 'bad',
  },
  'signed-out': { label: 'Signed out', hint: 'Open the workspace again from the console.', tone: 'bad' },
  unreachable: {
    label: 'Not reachable',
    hint: 'The workspace does not answer; it is asked again.',
    tone: 'bad',
  },
};

/** What the status bar tells whoever points at it. */
export function stateHint({ phase, problem, queue, lastResume }: WorkspaceState): string {
  if (phase === 'failed' && problem)
    return `It could not be brought back: ${problem}. Your saved files are safe, and cells that waited have not run. It is tried again by itself.`;
  if (phase === 'resuming' && queue)
    return 'Others start first: it is its turn when it is number 1. Cells that you run meanwhile wait for it.';
  const { hint } = stateWords(phase);
  return phase === 'running' && lastResume ? `${hint} ${resumeHint(lastResume)}` : hint;
}

/** What the status bar shows: a wait for others is told as one, and what runs by what it came back. */
export function stateLabel({ phase, queue, lastResume }: WorkspaceState): string {
  if (phase === 'resuming' && queue) return `Waiting to start: ${queue.position} of ${queue.of}`;
  const { label } = stateWords(phase);
  return phase === 'running' && lastResume ? `${label} (${resumeLabel(lastResume)})` : label;
}

export function stateWords(phase: string): StateWords {
  return words[phase] ?? { label: phase, hint: '', tone: 'quiet' };
}

export const isMoving = (phase: string): boolean => stateWords(phase).tone === 'busy';

/** `Untitled.ipynb - JupyterLab` becomes `Untitled.ipynb - climate study`: many tabs, one name each. */
export function titleWithName(title: string, name: string): string {
  return name === '' ? title : title.replace(/JupyterLab(?= \(.*\)$|$)/, () => name);
}
