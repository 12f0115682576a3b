/** What a person is told of how his workspace came back, and of a suspend that is near. Pure. */
import { z } from 'zod';

/** The events' schemas, as the cell names them (shared/src/protocol/resume.ts). */
export const resumedEvent = 'urn:cellbook:events:resumed';
export const idleEvent = 'urn:cellbook:events:idle';

export const resumeSchema = z.object({
  rung: z.string(),
  missed: z.array(z.object({ rung: z.string(), cause: z.string(), why: z.string() })),
  durationMs: z.number(),
});
export type Resume = z.infer<typeof resumeSchema>;

const resumedSchema = z.object({ schema_id: z.literal(resumedEvent), resume: resumeSchema });
const idleSchema = z.object({ schema_id: z.literal(idleEvent), suspendsAt: z.string().nullable() });

/** With everything that ran in it. */
const keepsMemory: ReadonlySet<string> = new Set(['live', 'memory', 'memory-remote']);

/**
 * Null where there is nothing to say: an event of another kind; one that was back at once; one whose kernels start
 * anew, of which each notebook tells itself (kernel-restarts.ts).
 */
export function resumedNews(emission: unknown): string | null {
  const parsed = resumedSchema.safeParse(emission);
  if (!parsed.success) return null;
  const { rung, durationMs } = parsed.data.resume;
  if (rung === 'live' || !keepsMemory.has(rung)) return null;
  return `The workspace is back as you left it, variables and all (${seconds(durationMs)}).`;
}

const byRung: Record<string, string> = {
  live: 'thawed',
  memory: 'memory restored',
  'memory-remote': 'memory fetched and restored',
  files: 'new in a ready sandbox',
};

/** In the status bar for as long as it runs: by what it came back, and how soon. */
export const resumeLabel = ({ rung, durationMs }: Resume): string =>
  `${byRung[rung] ?? 'started'} in ${seconds(durationMs)}`;

/** For whoever looks closer: one or two sentences on the last time it came back. */
export function resumeHint({ rung, missed, durationMs }: Resume): string {
  const [best] = missed;
  if (keepsMemory.has(rung)) {
    const whyNoSooner = best === undefined ? '' : `; no sooner, since ${best.why}`;
    return `It came back as it was, in ${seconds(durationMs)}${whyNoSooner}.`;
  }
  if (best === undefined || best.cause === 'first_start') return `It started in ${seconds(durationMs)}.`;
  return `It came back without its variables, in ${seconds(durationMs)}: ${best.why}.`;
}

export type IdleNews =
  /** `at` tells one warning from the next. */
  { at: string; text: string } | { at: null };

/** Null for an event of another kind. JupyterLab shows at most 140 characters of a notification. */
export function idleNews(emission: unknown, timeOf: (at: Date) => string): IdleNews | null {
  const parsed = idleSchema.safeParse(emission);
  if (!parsed.success) return null;
  const { suspendsAt } = parsed.data;
  if (suspendsAt === null) return { at: null };
  const time = timeOf(new Date(suspendsAt));
  return {
    at: suspendsAt,
    text: `This workspace is idle and will be suspended at ${time}. It comes back when you run a cell.`,
  };
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(durationMs < 10_000 ? 1 : 0)} s`;
}
