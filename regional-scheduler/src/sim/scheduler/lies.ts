/** What a lying agent says beside the truth: of attempts that are not its own, of ends that were not, twice, never. */
import type { AgentReport, AttemptReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Ledger } from './ledger.ts';

export interface Lying {
  random: Random;
  ledger: Ledger;
}

const lieRate = 0.4;

export function lie(report: AgentReport, { random, ledger }: Lying): AgentReport {
  if (random.float() >= lieRate) return report;
  const others = [...ledger.jobs.values()].flatMap(({ attempts }) =>
    attempts.filter(({ hostId }) => hostId !== report.hostId),
  );
  const claimed = others[random.int(Math.max(1, others.length))];
  const attempts = [...report.attempts];
  const kind = random.int(3);
  if (kind === 0 && claimed) attempts.push(claim(claimed.attemptId, claimed.jobId, report.epoch, random));
  // Its own attempt under the name of another's job.
  if (kind === 1 && claimed && attempts[0]) attempts[0] = { ...attempts[0], jobId: claimed.jobId };
  // The same end again, and one that is told of twice in one report.
  if (kind === 2 && attempts[0]) attempts.push(attempts[0]);
  return { ...report, attempts };
}

function claim(
  attemptId: AttemptReport['attemptId'],
  jobId: AttemptReport['jobId'],
  epoch: number,
  random: Random,
): AttemptReport {
  const outcomes = [
    { kind: 'succeeded', resultKey: 'results/forged', bytes: 1 },
    { kind: 'failed', class: 'crashed', detail: 'forged' },
    { kind: 'preempted' },
  ] as const;
  const outcome = outcomes[random.int(outcomes.length)]!;
  const state =
    random.int(2) === 0 ? ({ phase: 'running' } as const) : ({ phase: 'ended', outcome } as const);
  const rest = { checkpointKey: 'forged', progress: 1, logTail: '', memoryMibMax: 0 };
  return { attemptId, jobId, epoch, state, ranMs: 1_000, savedMs: 1e9, ...rest };
}
