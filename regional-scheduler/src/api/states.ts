import type { ShownJobPhase } from '@cellbook/shared/protocol/job.ts';
import { endedPhases } from '../core/model/job.ts';

const ended = new Set<string>([...endedPhases, 'spilled']);

export function isInState(phase: ShownJobPhase, state: 'waiting' | 'running' | 'ended' | undefined): boolean {
  if (state === undefined) return true;
  if (state === 'ended') return ended.has(phase);
  const runs = phase === 'running' || phase === 'scheduled';
  return state === 'running' ? runs : !runs && !ended.has(phase);
}
