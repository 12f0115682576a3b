/** How a resume went (shared/src/protocol/resume.ts), as it is kept with the row and in the record. */
import { type Resume, resumeSchema } from '@cellbook/shared/protocol/resume.ts';
import { z } from 'zod';
import type { Climbed } from './wake.ts';

export const resumeReportSchema = resumeSchema.omit({ at: true }).extend({ atMs: z.int() });
export type ResumeReport = z.infer<typeof resumeReportSchema>;

export interface Took {
  step: string;
  durationMs: number;
}

export function reportResume(climbed: Climbed, steps: readonly Took[], totalMs: number, atMs: number) {
  return {
    ...{ rung: climbed.rung, missed: [...climbed.missed], durationMs: Math.round(totalMs), atMs },
    steps: steps.map(({ step, durationMs }) => ({ step, durationMs: Math.round(durationMs) })),
  } satisfies ResumeReport;
}

export const presentResume = ({ atMs, ...report }: ResumeReport): Resume => ({
  ...report,
  at: new Date(atMs).toISOString(),
});
