/** What an agent counts and shows at `/metrics`: its devices, its reports, its leases, what it brings away, its disk. */
import { statfs } from 'node:fs/promises';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { type Device, deviceCauseSchema } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { AgentLook } from '../agent.ts';

export interface AgentCounts {
  report(outcome: 'answered' | 'leaderless' | 'outdated' | 'failed'): void;
  /** A lease was about to end. */
  lapsed(how: 'saved' | 'killed', attempts: number): void;
  devices: DeviceCounts;
}

export interface DeviceCounts {
  changed(before: readonly Device[], after: readonly Device[]): void;
}

export function agentCounts(metrics: Metrics): AgentCounts {
  const reports = metrics.counter('cellbook_gpu_agent_reports_total', 'Reports, by what came of them.', [
    'outcome',
  ]);
  for (const outcome of ['answered', 'leaderless', 'outdated', 'failed']) reports.inc({ outcome }, 0);
  const lapses = metrics.counter(
    'cellbook_gpu_agent_lease_lapses_total',
    'Attempts that were stopped here since their lease was about to end.',
    ['how'],
  );
  for (const how of ['saved', 'killed']) lapses.inc({ how }, 0);
  return {
    report: (outcome) => reports.inc({ outcome }),
    lapsed: (how, attempts) => lapses.inc({ how }, attempts),
    devices: deviceCounts(metrics),
  };
}

/** Slices of a GPU that is cut up have such names (`nvidia-smi -L`). */
const isSlice = ({ uuid }: Device): boolean => uuid.startsWith('MIG-');

function deviceCounts(metrics: Metrics): DeviceCounts {
  const problems = metrics.counter(
    'cellbook_gpu_agent_device_problems_total',
    'Times that a device fell ill, by what is wrong with it.',
    ['cause'],
  );
  for (const cause of deviceCauseSchema.options) problems.inc({ cause }, 0);
  const cuts = metrics.counter(
    'cellbook_gpu_agent_mig_changes_total',
    'Times that GPUs were cut up otherwise: slices have come or gone.',
  );
  return {
    changed(before, after) {
      const known = new Map(before.map((device) => [device.uuid, device]));
      for (const { uuid, healthy, cause } of after)
        if (!healthy && known.get(uuid)?.healthy !== false) problems.inc({ cause: cause ?? 'driver' });
      const slices = (devices: readonly Device[]) =>
        devices.filter((device) => isSlice(device) && device.cause !== 'gone').map(({ uuid }) => uuid);
      const [old, now] = [new Set(slices(before)), slices(after)];
      if (now.length !== old.size || now.some((uuid) => !old.has(uuid))) cuts.inc();
    },
  };
}

/** Brings gauges up to date: whoever asks waits for it. */
export function agentGauges(metrics: Metrics, dataDirectory: string): (look: AgentLook) => Promise<void> {
  const gauge = (name: string, help: string, labels: readonly string[] = []) =>
    metrics.gauge(name, help, labels);
  const on = {
    attempts: gauge('cellbook_gpu_agent_attempts', 'Attempts that have not ended.'),
    devices: gauge('cellbook_gpu_agent_devices', 'GPUs of the host.', ['health']),
    ill: gauge('cellbook_gpu_agent_ill_devices', 'GPUs that must not be used, by what is wrong.', ['cause']),
    unanswered: gauge(
      'cellbook_gpu_agent_unanswered_seconds',
      'Since a scheduler answered; none yet: since its start.',
    ),
    epoch: gauge('cellbook_gpu_agent_epoch', 'The highest epoch of a leader that it has heard.'),
    draining: gauge('cellbook_gpu_agent_draining', '1: it takes nothing new.'),
    disk: gauge('cellbook_gpu_agent_disk_bytes', 'Of the disk that programs work on.', ['what']),
  };
  return async (look) => {
    const ill = look.devices.filter(({ healthy }) => !healthy);
    on.attempts.set(look.live);
    on.devices.set({ health: 'ill' }, ill.length);
    on.devices.set({ health: 'well' }, look.devices.length - ill.length);
    for (const cause of deviceCauseSchema.options)
      on.ill.set({ cause }, ill.filter((device) => (device.cause ?? 'driver') === cause).length);
    on.unanswered.set((look.unansweredMs ?? process.uptime() * 1_000) / 1_000);
    on.epoch.set(look.epoch);
    on.draining.set(look.draining ? 1 : 0);
    const disk = await statfs(dataDirectory).catch(() => null);
    if (!disk) return;
    on.disk.set({ what: 'free' }, disk.bavail * disk.bsize);
    on.disk.set({ what: 'size' }, disk.blocks * disk.bsize);
  };
}
