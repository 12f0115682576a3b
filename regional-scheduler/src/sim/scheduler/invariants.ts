/**
 * What holds at every moment (`always_`), once the trouble has ended (`eventually_`) and when everything has come to
 * rest (`finally_`). Each returns what is wrong, or null. They read plain observations: of the committed log (ledger.ts),
 * and of the processes that really run on the hosts.
 */
import type { HostId, JobId, OrgId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { HostSpec } from '../../core/model/host.ts';
import type { JobPhase, JobSpec } from '../../core/model/job.ts';
import type { SchedulerState } from '../../core/state.ts';
import { always } from '../../core/testing/invariants.ts';
import { isEnded, type SeenAttempt, type SeenHost, type SeenJob } from './ledger.ts';

/** A process group on a host, as the host's kernel would tell. */
export interface SeenProcess {
  jobId: string;
  attemptId: string;
  hostId: HostId;
  devices: readonly number[];
}

/** No crash, pause or partition makes a job run in two places, or two jobs on one GPU. */
export function always_one_process_per_job_and_gpu(processes: readonly SeenProcess[]): string | null {
  const jobs = new Set<string>();
  const gpus = new Set<string>();
  for (const { jobId, hostId, devices } of processes) {
    if (jobs.has(jobId)) return `${jobId} runs twice`;
    jobs.add(jobId);
    for (const device of devices) {
      const gpu = `GPU ${device} of ${hostId}`;
      if (gpus.has(gpu)) return `${gpu} is used twice`;
      gpus.add(gpu);
    }
  }
  return null;
}

/** Nothing is started that no committed batch placed there, whole, on these very devices. */
export function always_started_as_committed(
  process: SeenProcess,
  attempt: SeenAttempt | undefined,
): string | null {
  if (!attempt) return `${process.attemptId} starts on ${process.hostId} before it is on record`;
  const isSame = attempt.hostId === process.hostId && attempt.devices.join() === process.devices.join();
  return isSame ? null : `${process.attemptId} starts elsewhere than it was placed`;
}

/** An attempt is one run of processes: what comes after it is another attempt. */
export function always_started_once(attemptId: string, isAgain: boolean): string | null {
  return isAgain ? `${attemptId} is started again` : null;
}

export function always_committed_by_the_newest_leader(epoch: number, newest: number): string | null {
  return epoch >= newest ? null : `a batch of epoch ${epoch} is committed after one of ${newest}`;
}

export function always_rebuilt_as_it_lives(live: string, rebuilt: string, at: number): string | null {
  return live === rebuilt
    ? null
    : `what the log gives after ${at} events is not the state that decides: ${firstDifference(live, rebuilt)}`;
}

/** The same log gives the same decisions, whoever lived through it. */
export function always_decides_the_same(
  decided: readonly SchedulerEvent[],
  byTwin: readonly SchedulerEvent[],
): string | null {
  const [live, rebuilt] = [JSON.stringify(decided), JSON.stringify(byTwin)];
  return live === rebuilt ? null : `a rebuilt state decides otherwise: ${firstDifference(live, rebuilt)}`;
}

function firstDifference(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return `${a.slice(Math.max(0, at - 60), at + 60)} | ${b.slice(Math.max(0, at - 60), at + 60)}`;
}

export function always_all_or_nothing(
  job: SeenJob,
  host: SeenHost | null,
  devices: readonly number[],
): string | null {
  const { jobId, gpus, skus, gpuMemoryMib } = job.spec;
  if (!host) return `${jobId} is placed on a host that is not there`;
  const { spec, phase } = host;
  if (new Set(devices).size !== gpus) return `${jobId} gets ${devices.length} GPUs of ${gpus}`;
  if (phase !== 'up') return `${jobId} is placed on a host that is ${phase}`;
  const isSound = (device: number) => device >= 0 && device < spec.gpus && !spec.unhealthy.includes(device);
  if (!devices.every(isSound)) return `${jobId} is placed on a GPU that is not sound`;
  const fits = (skus === null || skus.includes(spec.sku)) && gpuMemoryMib <= spec.gpuMemoryMib;
  return fits ? null : `${jobId} is placed on GPUs that will not do`;
}

export function always_one_holder_per_gpu({ spec, holders }: SeenHost, device: number): string | null {
  const holder = holders.get(device);
  return holder ? `GPU ${device} of ${spec.hostId} is given away while ${holder} holds it` : null;
}

export function always_one_attempt_per_job({ spec }: SeenJob, open: number): string | null {
  return open === 0 ? null : `${spec.jobId} is placed while an attempt of it has not ended`;
}

export function always_below_its_ceiling(tier: Tier, held: number, ceiling: number): string | null {
  return held <= ceiling + 1e-6 ? null : `${tier} holds ${held} of the at most ${ceiling}`;
}

export function always_within_its_running_max(
  orgId: OrgId,
  running: number,
  max: number | null,
): string | null {
  return max === null || running <= max ? null : `${orgId} runs ${running} jobs of the at most ${max}`;
}

/** Each phase is entered from one that the table of model/job.ts lets it be entered from. */
export function always_a_chain(job: SeenJob, to: JobPhase, from: readonly JobPhase[]): string | null {
  return from.includes(job.phase) ? null : `${job.spec.jobId} goes from ${job.phase} to ${to}`;
}

export function always_nothing_after_the_end(job: SeenJob, event: SchedulerEvent): string | null {
  if (job.phase === 'spilled') return `${event.type} of ${job.spec.jobId}, which is another region’s`;
  return isEnded(job.phase) ? `${event.type} of ${job.spec.jobId}, which is ${job.phase}` : null;
}

/** Whoever has ended holds nothing. */
export function always_no_attempt_left({ spec, attempts }: SeenJob, phase: JobPhase): string | null {
  const open = attempts.find(({ outcome }) => outcome === null);
  return open ? `${spec.jobId} is ${phase} while ${open.attemptId} has not ended` : null;
}

export function always_ends_once({ attemptId, outcome }: SeenAttempt): string | null {
  return outcome === null ? null : `${attemptId} ends twice`;
}

export function always_rising_generations(spec: HostSpec, before: number): string | null {
  return spec.generation >= before ? null : `${spec.hostId} goes back to generation ${spec.generation}`;
}

export function always_spared_when_preempted_enough(job: SeenJob, max: number): string | null {
  return job.preemptions < max ? null : `${job.spec.jobId} is preempted after ${job.preemptions} times`;
}

export function always_left_its_minimum(
  job: SeenJob,
  attempt: SeenAttempt,
  atMs: number,
  ranMsMin: number,
): string | null {
  const ranMs = attempt.startedMs === null ? 0 : atMs - attempt.startedMs;
  return ranMs >= ranMsMin ? null : `${job.spec.jobId} is preempted after ${ranMs} ms`;
}

export function always_preempted_for_who_waits(victim: SeenJob, gainer: SeenJob | null): string | null {
  if (gainer?.phase === 'queued' && victim.spec.preemptible) return null;
  return `${victim.spec.jobId} is preempted for one that does not wait, or may not be`;
}

/** What failed on a host by its own fault or the host's is not tried there again. */
export function always_never_again_where_it_failed(job: SeenJob, hostId: HostId): string | null {
  const failed = job.attempts.find((one) => one.hostId === hostId && one.outcome && isEvidence(one.outcome));
  return failed ? `${job.spec.jobId} is placed on ${hostId} again, where it failed` : null;
}

function isEvidence(outcome: NonNullable<SeenAttempt['outcome']>): boolean {
  return outcome.kind === 'failed' && !['lost', 'refused', 'wall_clock'].includes(outcome.class);
}

/** Losses that are nobody's fault are not charged, up to this many. */
const uncharged = 5;

export function always_within_its_attempts({ spec, attempts }: SeenJob): string | null {
  const charged = attempts.filter(
    ({ outcome }) => outcome && isEvidence(outcome) && !isTheHosts(outcome),
  ).length;
  if (charged >= spec.attemptsMax) return `${spec.jobId} is tried again after ${charged} failures`;
  const others = attempts.filter(({ outcome }) => outcome?.kind === 'failed').length - charged;
  return others <= uncharged + spec.attemptsMax
    ? null
    : `${spec.jobId} is tried again after ${others} losses`;
}

function isTheHosts(outcome: NonNullable<SeenAttempt['outcome']>): boolean {
  return outcome.kind === 'failed' && outcome.class === 'host_fault';
}

/** One bad host, or one try, never decides: what is given up as failing has failed on two of the hosts that fit it. */
export function always_judged_by_two_hosts(
  job: SeenJob,
  phase: JobPhase,
  hosts: readonly SeenHost[],
): string | null {
  if (phase !== 'dead_lettered' || hosts.filter((host) => couldRun(job, host)).length < 2) return null;
  const failed = job.attempts.filter(({ outcome }) => outcome?.kind === 'failed');
  return new Set(failed.map(({ hostId }) => hostId)).size >= 2
    ? null
    : `${job.spec.jobId} is given up on the word of one host`;
}

function couldRun({ spec }: SeenJob, host: SeenHost): boolean {
  const { sku, gpus, gpuMemoryMib } = host.spec;
  if (host.phase === 'gone' || gpus < spec.gpus || gpuMemoryMib < spec.gpuMemoryMib) return false;
  return spec.skus === null || spec.skus.includes(sku);
}

/** What the core's own invariants say of a state in which nothing is left to decide. */
export function always_sound(state: SchedulerState): string | null {
  try {
    always(state, []);
    return null;
  } catch (broken) {
    return `a state does not hold: ${broken instanceof Error ? broken.message : String(broken)}`;
  }
}

/** When a job is let in; what runs on may cost more than it had reserved, by what its budget allows. */
export function always_within_its_cap(holder: string, micros: number, capMicros: number): string | null {
  return micros <= capMicros
    ? null
    : `${holder} has reserved and spent ${micros} of the at most ${capMicros}`;
}

/** Beyond its budget by the time until its agent, or the leader in its place, has stopped it. */
const stopMsMax = 60_000;

export function always_charged_within_its_budget(
  { jobId, wallMsMax }: JobSpec,
  chargedMs: number,
): string | null {
  return chargedMs <= wallMsMax + stopMsMax ? null : `${jobId} is charged ${chargedMs} ms of ${wallMsMax}`;
}

export function finally_nothing_reserved(holder: string, micros: number, unfinished: number): string | null {
  return micros === 0 && unfinished === 0
    ? null
    : `${holder} has ${micros} reserved at the end, of ${unfinished} jobs`;
}

/** A GPU that could run somebody who may run is not left idle for longer than this. */
export function eventually_no_idle_gpu_fits(jobId: string, idleForMs: number, msMax: number): string | null {
  return idleForMs <= msMax ? null : `GPUs that fit ${jobId} are idle for ${idleForMs} ms`;
}

export function eventually_its_floor(tier: Tier, belowForMs: number, msMax: number): string | null {
  return belowForMs <= msMax ? null : `${tier} waits below its floor for ${belowForMs} ms`;
}

/** Only in the last resort of a lease: a region whose schedulers are away goes on running what it has. */
export function always_outlives_its_schedulers(attemptId: string): string {
  return `${attemptId} was stopped while only schedulers were away`;
}

export function finally_ended_once(job: SeenJob): string | null {
  const isOver = job.phase === 'spilled' ? job.ends === 0 : isEnded(job.phase) && job.ends === 1;
  return isOver ? null : `${job.spec.jobId} is ${job.phase} at the end, with ${job.ends} ends`;
}

export function finally_nothing_runs(processes: readonly SeenProcess[]): string | null {
  return processes.length === 0 ? null : `${processes[0]?.attemptId} still runs at the end`;
}

/** What another region has taken up has not begun here, and never does. */
export function always_in_one_region(jobId: JobId, isTaken: boolean, runsHere: boolean): string | null {
  return isTaken && runsHere ? `${jobId} runs here and is another region’s` : null;
}

export function always_untouched_when_taken_up(job: SeenJob, open: SeenAttempt): string | null {
  return open.startedMs === null ? null : `${job.spec.jobId} is given up while it runs`;
}

/** One that its owner wanted no more, or that came too late, may have ended here before its guardian heard of that. */
export function finally_given_up(job: SeenJob): string | null {
  const { phase, spec } = job;
  if (phase === 'spilled' || phase === 'cancelled' || phase === 'timed_out') return null;
  return `${spec.jobId} was taken up by another region and is ${phase} here`;
}

export function finally_taken_over_by_one(job: SeenJob, takenElsewhere: boolean): string | null {
  if ((job.phase === 'spilled') === takenElsewhere) return null;
  return `${job.spec.jobId} is ${job.phase} here and ${takenElsewhere ? '' : 'not '}taken elsewhere`;
}

/** Nobody's success is made up: it was this attempt's process that ended well. */
export function always_a_success_that_was(attemptId: string, really: boolean): string | null {
  return really ? null : `${attemptId} is on record as succeeded and was not`;
}

/** Without arrivals, preemption ends. */
export function eventually_preemption_ends(
  preemptions: number,
  jobs: number,
  perJobMax: number,
): string | null {
  return preemptions <= jobs * perJobMax ? null : `${preemptions} preemptions without an arrival`;
}
