/** What may happen next in a world, with how often. */

import type { SchedulerEvent } from '../../core/model/event.ts';
import type { JobSpec } from '../../core/model/job.ts';
import { startMs } from './simulated-clock.ts';
import type { World } from './world.ts';

type Act = (world: World) => void;

const everywhere: readonly (readonly [weight: number, act: Act])[] = [
  [16, submitSome],
  [3, submitFlood],
  [3, cancelOne],
  [2, (world) => world.pass(20_000)],
  [1, drainOne],
  [1, quarantineOne],
  [1, sickenOne],
  [2, spillOne],
  [1, setCustomer],
];

const crashes: readonly (readonly [number, Act])[] = [
  [3, crashInstance],
  [2, (world) => restartAgent(world, false)],
  [2, (world) => restartAgent(world, true)],
];

const partitions: readonly (readonly [number, Act])[] = [
  [3, pauseInstance],
  [3, cutRecord],
  [4, cutAgent],
  [3, split],
  [3, stickRecord],
];

const regions: readonly (readonly [number, Act])[] = [
  [3, loseRegion],
  [3, cutRegion],
  [1, cutGuardian],
];

const outages: readonly (readonly [number, Act])[] = [[6, stopLeading]];
const jumps: readonly (readonly [number, Act])[] = [[3, jumpWall]];

export function act(world: World): void {
  const { trouble, random } = world;
  const possible = [
    ...everywhere,
    ...(trouble.crashes ? crashes : []),
    ...(trouble.partitions ? partitions : []),
    ...(trouble.onlySchedulersFail ? outages : []),
    ...(trouble.wallsJump ? jumps : []),
    ...(trouble.regions ? regions : []),
  ];
  let left = random.int(possible.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, what] of possible) {
    if (left < weight) {
      what(world);
      return;
    }
    left -= weight;
  }
}

function submitSome(world: World): void {
  const many = 1 + world.random.int(3);
  for (let made = 0; made < many; made++)
    world.submit(draft(world, world.random.int(world.customers.length)));
}

/** One customer, many jobs. */
function submitFlood(world: World): void {
  const customer = world.random.int(world.customers.length);
  for (let made = 0; made < 8; made++) world.submit(draft(world, customer));
}

const tiers = ['free', 'free', 'paid', 'paid', 'enterprise', 'enterprise'] as const;
const widths = [1, 1, 1, 1, 2, 2, 4, 8];

function draft(
  { random, customers, timeline }: World,
  customer: number,
): Omit<JobSpec, 'jobId' | 'submittedMs' | 'reservedMicros'> {
  const nowMs = startMs + timeline.nowMs;
  const p50Ms = 4_000 + random.int(20_000);
  const gpus = widths[random.int(widths.length)]!;
  const chance = (rate: number) => random.float() < rate;
  const skus = gpus < 8 && chance(0.2) ? ['h100'] : null;
  return {
    ...customers[customer]!,
    tier: tiers[customer]!,
    kind: 'video',
    binary: 'renderer',
    features: [`word:${random.int(20)}`],
    gpus,
    skus,
    gpuMemoryMib: chance(0.2) ? 60_000 : 10_000,
    notBeforeMs: chance(0.05) ? nowMs + random.int(60_000) : null,
    deadlineMs: chance(0.05) ? nowMs + 60_000 + random.int(200_000) : null,
    wallMsMax: 90_000,
    attemptsMax: 3,
    predicted: { p50Ms, p95Ms: 3 * p50Ms, seen: 10, model: 'simulated' },
    preemptible: chance(0.9),
    checkpoints: chance(0.7),
    interactive: chance(0.05),
    regions: null,
  };
}

function wish(world: World, event: SchedulerEvent): void {
  world.log.wishes.push(event);
}

function cancelOne(world: World): void {
  const { submissions, wishes } = world.log;
  const job = submissions[world.random.int(Math.max(1, submissions.length))];
  if (!job) return;
  world.note(`cancel ${job.jobId}`);
  wishes.push({ type: 'cancel', jobId: job.jobId });
}

function drainOne(world: World): void {
  const agent = world.agents[world.random.int(world.agents.length)]!;
  agent.draining = !agent.draining;
  world.note(`${agent.host.hostId} ${agent.draining ? 'drains' : 'drains no more'}`);
}

function quarantineOne(world: World): void {
  const agent = world.agents[world.random.int(world.agents.length)]!;
  const known = world.ledger.hosts.get(agent.host.hostId);
  if (!known) return;
  const phase = known.phase === 'quarantined' ? 'up' : 'quarantined';
  wish(world, { type: 'host_changed', atMs: 0, host: known.spec, phase, because: 'an operator says so' });
}

function sickenOne(world: World): void {
  const agent = world.agents[world.random.int(world.agents.length)]!;
  agent.unhealthy = agent.unhealthy.length > 0 ? [] : [world.random.int(agent.host.gpus)];
}

/** By an operator; limits go when the trouble ends (simulate.ts). */
function setCustomer(world: World): void {
  const { customers, random } = world;
  const { orgId } = customers[random.int(customers.length)]!;
  const runningMax = random.int(3) === 0 ? null : 1 + random.int(3);
  wish(world, { type: 'customer_set', atMs: 0, orgId, weight: 1 + random.int(3), runningMax });
}

function spillOne(world: World): void {
  const waiting = [...world.ledger.jobs.values()].filter(({ phase }) => phase === 'queued');
  const job = waiting[world.random.int(Math.max(1, waiting.length))];
  if (!job) return;
  const handoff = world.nextHandoff();
  wish(world, { type: 'spill_offered', atMs: 0, jobId: job.spec.jobId, to: world.otherRegion, handoff });
}

function crashInstance(world: World): void {
  const instance = world.instances[world.random.int(2)]!;
  if (!instance.isUp) return;
  world.note(`${instance.name} crashes`);
  instance.crash();
  world.timeline.after(500 + world.random.int(50_000), () => {
    if (instance.isUp) return;
    world.note(`${instance.name} starts again`);
    instance.start();
  });
}

function pauseInstance(world: World): void {
  const instance = world.instances[world.random.int(2)]!;
  const ms = world.random.int(60_000);
  world.note(`${instance.name} stands still for ${ms} ms`);
  instance.process.pause();
  world.timeline.after(ms, () => instance.process.resume());
}

function cutRecord(world: World): void {
  const instance = world.instances[world.random.int(2)]!;
  const ms = world.random.int(30_000);
  world.note(`${instance.name} is cut off from the record for ${ms} ms`);
  world.network.cut(instance.name, 'record', ms);
}

function stickRecord(world: World): void {
  const instance = world.instances[world.random.int(2)]!;
  const ms = world.random.int(10_000);
  world.note(`what ${instance.name} asks of the record is late for ${ms} ms`);
  world.network.stick(instance.name, ms);
}

function cutAgent(world: World): void {
  const { host } = world.agents[world.random.int(world.agents.length)]!;
  const ms = world.random.int(90_000);
  world.note(`${host.hostId} is cut off for ${ms} ms`);
  for (const { name } of world.instances)
    if (world.random.float() < 0.8) world.network.cut(name, host.hostId, ms);
}

/** The network in two: an instance and some hosts on one side, the record and all others on the other. */
function split(world: World): void {
  const { instances, agents, network, random } = world;
  const ms = 5_000 + random.int(60_000);
  const [here, there] = random.int(2) === 0 ? [instances[0]!, instances[1]!] : [instances[1]!, instances[0]!];
  network.cut(here.name, 'record', ms);
  for (const { host } of agents) network.cut((random.int(2) === 0 ? here : there).name, host.hostId, ms);
  world.note(`${here.name} and some hosts are cut off from the others for ${ms} ms`);
}

function restartAgent(world: World, leavesOrphans: boolean): void {
  const agent = world.agents[world.random.int(world.agents.length)]!;
  if (!agent.isAlive) return;
  world.note(`the agent of ${agent.host.hostId} dies`);
  agent.crash(leavesOrphans);
  // Orphans run without anybody who holds a lease for them: it is back before any lease can end, or its host is dead.
  const awayMs = leavesOrphans ? 2_000 : 500 + world.random.int(90_000);
  world.timeline.after(awayMs, () => agent.start());
}

/** One of the two is away, and the other cannot lead, but knows that nobody does. */
function stopLeading(world: World): void {
  const first = world.random.int(2);
  const [gone, lame] = [world.instances[first]!, world.instances[1 - first]!];
  if (!gone.isUp || !lame.isUp || !gone.canLead || !lame.canLead) return;
  const ms = 20_000 + world.random.int(100_000);
  world.note(`nobody leads for ${ms} ms`);
  gone.crash();
  lame.canLead = false;
  if (lame.leads) {
    lame.crash();
    lame.start();
  }
  world.timeline.after(ms, () => {
    lame.canLead = true;
    gone.start();
  });
}

/** No scheduler of it is left for a while, and sometimes none of its agents. */
function loseRegion(world: World): void {
  const ms = 5_000 + world.random.int(120_000);
  const withAgents = world.random.int(3) === 0;
  world.note(`the region is lost for ${ms} ms${withAgents ? ', with its agents' : ''}`);
  for (const instance of world.instances) instance.crash();
  if (withAgents) for (const agent of world.agents) agent.crash(false);
  world.timeline.after(ms, () => {
    for (const instance of world.instances) if (!instance.isUp) instance.start();
    if (withAgents) for (const agent of world.agents) if (!agent.isAlive) agent.start();
  });
}

/** From its guardian, and mostly from the record as well. */
function cutRegion(world: World): void {
  const { network, random, instances } = world;
  const ms = 5_000 + random.int(120_000);
  const isAlone = random.int(3) > 0;
  world.note(`the region is cut off from its guardian${isAlone ? ' and the record' : ''} for ${ms} ms`);
  for (const { name } of instances) {
    network.cut(name, 'region', ms);
    if (isAlone) network.cut(name, 'witness', ms);
  }
}

function cutGuardian(world: World): void {
  const ms = 5_000 + world.random.int(60_000);
  world.note(`the guardian is cut off from the record for ${ms} ms`);
  world.network.cut('region', 'witness', ms);
}

function jumpWall(world: World): void {
  const ms = world.random.int(240_000) - 120_000;
  const at = world.random.int(world.clocks.length);
  world.note(`clock ${at} jumps to ${ms} ms off`);
  world.clocks[at]!.wallOffsetMs = ms;
}
