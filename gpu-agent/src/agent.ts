/**
 * The agent of one GPU host. It asks its region's scheduler what should run (report/), holds the right to run it
 * (lease-holder.ts), runs it (run/), and looks after the devices (devices/). Everything a predecessor left is ended before
 * the first report.
 */
import { type Clock, sleep, type Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { AgentOrders, Device } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { Attempts } from './attempts.ts';
import type { AgentConfig } from './config.ts';
import { openDevices } from './devices/open-devices.ts';
import { watchDevices } from './devices/watch-devices.ts';
import { createGuard } from './guard/guard.ts';
import { LeaseHolder } from './lease-holder.ts';
import { agentCounts } from './metrics/agent-metrics.ts';
import { measuredObjects } from './metrics/measured-objects.ts';
import { objectsOf } from './objects/objects.ts';
import { schedulerHttp } from './objects/scheduler-http.ts';
import { type Host, openHost } from './open-host.ts';
import { type ReportLoop, startReporting } from './report/report-loop.ts';
import { killAll } from './run/processes.ts';
import { withTaken } from './run/remains.ts';

export interface AgentTools {
  clock: Clock;
  random: Random;
  log: Logger;
  metrics: Metrics;
}

export interface Agent {
  /** For `/healthz` and metrics. */
  look(): AgentLook;
  /** Takes nothing new; resolves when what runs has ended by itself. */
  drain(): Promise<void>;
  /** What runs saves and ends, and is told; then nothing of it is left. */
  close(): Promise<void>;
}

export interface AgentLook {
  live: number;
  devices: readonly Device[];
  draining: boolean;
  /** The highest of a leader that it has heard. */
  epoch: number;
  /** Since a scheduler answered, milliseconds; null: none has yet. */
  unansweredMs: number | null;
}

export async function startAgent(config: AgentConfig, tools: AgentTools): Promise<Agent> {
  const { clock, random, log, metrics } = tools;
  const { hostId, dataDirectory } = config;
  const host = await openHost(config, clock, log);
  const { agentMark, groups, earlier, generation, binaries, confinement } = host;
  const source = openDevices(config.devices, hostId, dataDirectory);
  const http = schedulerHttp(config.schedulerUrls, hostId, config.agentKey);
  const guard = createGuard(clock, log);
  const counted = agentCounts(metrics);
  const holder = new LeaseHolder(
    earlier.ended.map(({ report }) => report.attemptId),
    earlier.unfinished.map(({ record }) => record.order.attemptId),
  );
  let reporting: ReportLoop | null = null;
  let draining = false;
  let answeredMs: number | null = null;
  const changed = () => reporting?.changed();
  const devices = await watchDevices(source, { clock, log, changed, counted: counted.devices });
  introduce(host, log);

  const attempts = new Attempts(earlier, {
    ...{ clock, log, dataDirectory, agent: agentMark, binaries, groups, guard, confinement, changed },
    progressed: () => reporting?.progressed(),
    objects: measuredObjects(objectsOf(http, { clock, random }), clock, metrics),
    endAll: (marks) => killAll(marks, clock),
    over: (attemptId) => holder.ended(attemptId),
    devices: {
      visible: (indexes) => source.visible(indexes),
      problemOf: (indexes) => problemOf(indexes, devicesNow()),
      faultOf: (indexes) => problemOf(indexes, devices.lastTold()),
    },
  });
  const devicesNow = () => withTaken(devices.now(), attempts.taken());

  const leases = watchLeases();
  function answered(orders: AgentOrders, sentMs: number): void {
    answeredMs = clock.monotonicMs();
    const told = holder.answered(orders, sentMs, answeredMs);
    counted.report(told ? (orders.leaderless ? 'leaderless' : 'answered') : 'outdated');
    if (!told) {
      log.warn({ epoch: orders.epoch, seen: holder.epoch }, 'an answer of an older epoch is dropped');
      return;
    }
    for (const attemptId of told.drop) attempts.stop(attemptId, 'superseded', { save: false, stopMs: 0 });
    for (const { attemptId, because, save, stopMs } of told.stop)
      attempts.stop(attemptId, because, { save, stopMs });
    for (const order of told.start) begin(order);
    for (const attemptId of told.forget) attempts.forget(attemptId);
    if (!orders.leaderless)
      for (const { attemptId, wallMsLeft } of orders.run) attempts.mayRunFor(attemptId, wallMsLeft);
    for (const { attemptId } of attempts.live) renew(attemptId);
    leases.set();
  }
  function begin(order: AgentOrders['run'][number]): void {
    // One that was told to drain and is sent work all the same says so by not doing it: it ends as preempted.
    attempts.start(order, guardUntilMs(order.attemptId));
    if (draining) attempts.stop(order.attemptId, 'preempted', { save: false, stopMs: 0 });
  }
  const renew = (attemptId: AgentOrders['run'][number]['attemptId']) =>
    attempts.mayRunUntil(attemptId, guardUntilMs(attemptId));
  /** Halfway between the agent's own kill and the end of the lease; at once where it has none. */
  const guardUntilMs = (attemptId: AgentOrders['run'][number]['attemptId']): number =>
    holder.guardMs(attemptId) ?? clock.monotonicMs();

  function watchLeases() {
    let timer: Timer | null = null;
    const look = () => {
      const due = holder.due(clock.monotonicMs());
      for (const { attemptId, stopMs } of due.stop) attempts.stop(attemptId, 'lease', { save: true, stopMs });
      for (const attemptId of due.kill) attempts.stop(attemptId, 'lease', { save: false, stopMs: 0 });
      counted.lapsed('saved', due.stop.length);
      counted.lapsed('killed', due.kill.length);
      set();
    };
    const set = () => {
      timer?.cancel();
      const nextMs = holder.nextDueMs();
      timer = nextMs === null ? null : clock.setTimer(Math.max(0, nextMs - clock.monotonicMs()), look);
    };
    return { set, close: () => timer?.cancel() };
  }

  reporting = startReporting({
    ...{ clock, random, log, http, answered, failed: () => counted.report('failed') },
    picture: () => ({
      ...{ hostId, rack: config.rack, generation, epoch: holder.epoch, draining },
      ...{ devices: devicesNow(), binaries: binaries.names, attempts: attempts.reports() },
    }),
  });
  const idle = async (left: () => readonly unknown[], signal?: AbortSignal) => {
    while (left().length > 0) await sleep(clock, 50, signal);
  };
  return {
    look: () => ({
      ...{ live: attempts.live.length, draining, devices: devicesNow(), epoch: holder.epoch },
      unansweredMs: answeredMs === null ? null : clock.monotonicMs() - answeredMs,
    }),
    async drain() {
      draining = true;
      changed();
      await idle(() => attempts.live);
    },
    async close() {
      const { drainStopMs } = limits.gpuAgent;
      draining = true;
      for (const { attemptId } of attempts.live)
        attempts.stop(attemptId, 'preempted', { save: true, stopMs: drainStopMs });
      const late = AbortSignal.timeout(drainStopMs + limits.gpuAgent.run.killedMs);
      await idle(() => attempts.own, late).catch(() =>
        log.warn('programs did not end in time: what they saved last counts'),
      );
      await reporting?.told(AbortSignal.timeout(limits.gpuAgent.farewellMs));
      reporting?.close();
      leases.close();
      attempts.close();
      devices.close();
      guard.close();
      groups.close();
    },
  };
}

function introduce({ generation, binaries, groups, confinement }: Host, log: Logger): void {
  const { names, lacking } = binaries;
  log.info({ generation, binaries: names, lacking, holds: groups.holds }, 'the agent is up');
  if (confinement.lacks.length > 0)
    log.warn({ lacks: confinement.lacks }, 'programs of this host are not held as they should be');
}

function problemOf(
  indexes: readonly number[],
  devices: readonly { index: number; healthy: boolean; problem: string }[],
) {
  const problems = indexes.map((index) => {
    const device = devices.find((known) => known.index === index);
    return device ? device.problem : `this host has no device ${index}`;
  });
  return problems.find((problem) => problem !== '') ?? '';
}
