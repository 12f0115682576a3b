/**
 * One run: some minutes of submissions and trouble, then the trouble ends and everything has to come to rest: every job
 * ended once, or handed over, and nothing runs. The lines are the same for the same seed.
 */
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { act } from './acts.ts';
import * as invariants from './invariants.ts';
import type { Mutation } from './mutations.ts';
import { calm } from './network.ts';
import { worldPolicy } from './policy.ts';
import { Starvation } from './starvation.ts';
import { troubleOf } from './trouble.ts';
import { InvariantBroken, World } from './world.ts';

export interface SimulationResult {
  lines: readonly string[];
  /** What went wrong, or null. */
  broken: string | null;
  decisions: number;
}

const moments = 36;
const settleMsMax = 60 * 60_000;
const lookMs = 5_000;

export function simulate(seed: number, mutation: Mutation | null = null): SimulationResult {
  const world = new World(seed, troubleOf(seed, hostIdSchema.parse('host-1')), mutation);
  world.note(`seed ${seed}: ${world.trouble.name}`);
  try {
    for (let moment = 0; moment < moments; moment++) {
      act(world);
      world.pass(1 + world.random.int(world.random.int(3) === 0 ? 500 : 10_000));
    }
    settle(world);
  } catch (error) {
    if (!(error instanceof InvariantBroken)) throw error;
  }
  return { lines: world.lines, broken: world.broken, decisions: world.ledger.decisions };
}

function settle(world: World): void {
  endTrouble(world);
  const untilMs = world.timeline.nowMs + settleMsMax;
  const starvation = new Starvation(world);
  const preemptedBefore = world.ledger.preemptions;
  while (!world.isOver && world.timeline.nowMs < untilMs) {
    world.pass(lookMs);
    endQuarantines(world);
    starvation.look();
  }
  const preempted = world.ledger.preemptions - preemptedBefore;
  const { perJobMax } = worldPolicy.preemption;
  world.judge(invariants.eventually_preemption_ends(preempted, world.ledger.jobs.size, perJobMax + 1));
  // Time for agents to hear of the last ends.
  world.pass(2 * lookMs);
  rest(world);
}

function rest(world: World): void {
  const { ledger, log, handedOver, guardian } = world;
  world.judge(log.submissions.length === ledger.jobs.size ? null : 'a submission never came into the log');
  for (const job of ledger.jobs.values()) {
    world.judge(invariants.finally_ended_once(job));
    const handoffs = [...handedOver].filter(([key, taken]) => taken && key.startsWith(job.spec.jobId));
    const isTaken = guardian?.taken.has(job.spec.jobId) ?? false;
    if (isTaken) world.judge(invariants.finally_given_up(job));
    const elsewhere = [handoffs.length > 0, isTaken].filter(Boolean).length;
    world.judge(elsewhere > 1 ? `${job.spec.jobId} belongs to two other regions` : null);
    const isGiven = handoffs.length > 0 || (isTaken && job.phase === 'spilled');
    world.judge(invariants.finally_taken_over_by_one(job, isGiven));
  }
  world.accounts.finish();
  world.judge(invariants.finally_nothing_runs([...world.processes.values()]));
}

function endTrouble(world: World): void {
  world.note('the trouble ends');
  const { network, instances, agents, clocks, customers, log, trouble } = world;
  network.weather = calm;
  network.heal();
  trouble.onlySchedulersFail = false;
  for (const clock of clocks) clock.wallOffsetMs = 0;
  for (const instance of instances) {
    instance.canLead = true;
    instance.process.resume();
    if (!instance.isUp) instance.start();
  }
  for (const agent of agents) {
    agent.draining = false;
    agent.unhealthy = [];
    // A restart is what ends a drain.
    if (agent.isAlive) agent.crash(false);
    agent.start();
  }
  trouble.badHost = null;
  for (const { orgId } of customers)
    log.wishes.push({ type: 'customer_set', atMs: 0, orgId, weight: 1, runningMax: null });
}

/** An operator lets every host work again. */
function endQuarantines({ ledger, log }: World): void {
  for (const { spec, phase } of ledger.hosts.values())
    if (phase === 'quarantined')
      log.wishes.push({
        type: 'host_changed',
        atMs: 0,
        host: spec,
        phase: 'up',
        because: 'an operator says so',
      });
}
