/**
 * What an end means. The contract's exit codes are the only thing that is read of a program; everything else is what the
 * agent did and what the kernel counted. Pure.
 *
 *     0  done      75  saved, as asked      65  refuses the request      71  the host is at fault      12  GPU memory is used up
 */
import { type AttemptReport, failureClassSchema } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { z } from 'zod';
import type { Fault } from './watchdog.ts';

export type Outcome = Extract<AttemptReport['state'], { phase: 'ended' }>['outcome'];

export const exitCodes = { done: 0, outOfGpuMemory: 12, refused: 65, hostFault: 71, saved: 75 } as const;

const stopReasonSchema = z.enum(['preempted', 'cancelled', 'superseded', 'lease']);
export type StopReason = z.infer<typeof stopReasonSchema>;

export const programEndSchema = z.object({
  exitCode: z.int(),
  /** The number of the signal that ended it; 0: none did. */
  signal: z.int(),
  /** Its group was killed by the kernel for want of memory. */
  outOfMemory: z.boolean(),
  /** What the watchdogs killed it for. */
  fault: z.object({ class: failureClassSchema, detail: z.string() }).nullable(),
  /** Why it was asked to stop. */
  stopped: stopReasonSchema.nullable(),
});
export type ProgramEnd = z.infer<typeof programEndSchema>;

export interface End extends ProgramEnd {
  /** What is wrong with the result; empty: nothing. */
  resultProblem: string;
  /** The disk it works on is full. */
  diskFull: boolean;
}

/** `succeeded`: its result is to be brought away. */
export function classifyEnd(end: End): { kind: 'succeeded' } | Exclude<Outcome, { kind: 'succeeded' }> {
  const { exitCode, signal, outOfMemory, fault, stopped, resultProblem, diskFull } = end;
  const failed = (reason: Fault) => ({ kind: 'failed' as const, ...reason });
  if (stopped === 'cancelled') return { kind: 'cancelled' };
  // It was done before it heard that it should stop: work that is there is not thrown away.
  if (exitCode === exitCodes.done && signal === 0 && !fault) {
    if (resultProblem === '') return { kind: 'succeeded' };
    return diskFull ? failed(noSpace(resultProblem)) : failed({ class: 'bad_output', detail: resultProblem });
  }
  if (fault) return failed(fault);
  if (outOfMemory)
    return failed({ class: 'out_of_memory', detail: 'the kernel ended it for want of memory' });
  if (stopped === 'preempted') return { kind: 'preempted' };
  if (stopped === 'superseded') return failed({ class: 'lost', detail: 'the scheduler named it no more' });
  if (stopped === 'lease') return failed({ class: 'lost', detail: 'no scheduler renewed its lease in time' });
  const how = signal > 0 ? `signal ${signal} ended it` : `it ended with code ${exitCode}`;
  if (diskFull) return failed(noSpace(how));
  switch (exitCode) {
    case exitCodes.outOfGpuMemory:
      return failed({ class: 'out_of_memory', detail: 'it says that its GPU’s memory is used up' });
    case exitCodes.refused:
      return failed({ class: 'refused', detail: 'it refuses the request' });
    case exitCodes.hostFault:
      return failed({ class: 'host_fault', detail: 'it says that the host is at fault' });
    default:
      return failed({ class: 'crashed', detail: how });
  }
}

const noSpace = (how: string): Fault => ({
  class: 'host_fault',
  detail: `the host’s disk is full; ${how}`,
});

export const hostFault = (detail: string): Outcome => ({
  kind: 'failed',
  class: 'host_fault',
  detail: detail.slice(0, 2_000).toWellFormed(),
});

/** Nothing is wrong with the host: it was never able to run this. */
export const lacksVersion = (name: string, version: string): Outcome => ({
  kind: 'failed',
  class: 'refused',
  detail: `this host has no ${name}@${version}`,
});

/** What its program did after its last checkpoint went with its agent. */
export const agentRestarted: Outcome = {
  kind: 'failed',
  class: 'lost',
  detail: 'its agent was started again',
};

/** Told to stop before its program was there. */
export function neverRan(reason: StopReason): Outcome {
  if (reason === 'cancelled') return { kind: 'cancelled' };
  if (reason === 'preempted') return { kind: 'preempted' };
  return { kind: 'failed', class: 'lost', detail: 'it lost its right to run before it ran' };
}
