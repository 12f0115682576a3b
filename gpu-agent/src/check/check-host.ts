/**
 * What an agent would do on this machine, tried from end to end on one device without a scheduler:
 *
 *     the devices ─▶ a whole run, its use watched ─▶ one that is stopped in the middle and goes on: the same frames?
 *                                                      ─▶ the device’s memory used up: is it told as that?
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { newJobId } from '@cellbook/shared/ids.ts';
import type { AttemptReport, Device, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { type BenchHost, type BenchSettings, type BenchTools, benchHost } from './bench-host.ts';
import { type Use, watchUse } from './watch-use.ts';

const run = promisify(execFile);

export interface CheckWanted extends BenchSettings {
  /** Of the renderer, `video-renderer@…`. */
  version: string;
  parameters: Record<string, unknown>;
  /** A device whose memory a program can use up: a real one. */
  fillsMemory: boolean;
}

export interface Checked {
  ok: boolean;
  devices: Device[];
  binaries: { at: string[]; lacking: string[] };
  /** What holds programs here, and what of it is lacking. */
  holds: string;
  lacks: string[];
  whole: { ranMs: number; frames: number; bytes: number; use: Use; said: string } | null;
  resumed: { savedMs: number; ranMs: number; wentOn: boolean; framesEqual: boolean } | null;
  /** How a program ended that took all of the device’s memory; null: not tried. */
  memoryUsedUp: string | null;
  /** Why not, for people. */
  problems: string[];
}

export async function checkHost(wanted: CheckWanted, tools: BenchTools): Promise<Checked> {
  const host = await benchHost(wanted, tools);
  try {
    return await checkOn(host, wanted, tools);
  } finally {
    await host.close();
  }
}

async function checkOn(host: BenchHost, wanted: CheckWanted, tools: BenchTools): Promise<Checked> {
  const binaries = { at: host.names, lacking: host.lacking };
  const { holds, lacks } = host;
  const checked: Checked = {
    ...{ ok: false, devices: host.devices(), binaries, holds, lacks },
    ...{ whole: null, resumed: null, memoryUsedUp: null, problems: [] },
  };
  const device = host.devices().find(({ healthy }) => healthy);
  if (!device) return { ...checked, problems: ['none of its devices is well'] };
  if (!host.names.includes(`video-renderer@${wanted.version}`))
    return {
      ...checked,
      problems: [`video-renderer@${wanted.version} is not at hand, or lacks what it needs`],
    };
  const order = (other: Partial<RunOrder> = {}) => ({
    ...{ jobId: newJobId(tools.random), binary: 'video-renderer', version: wanted.version },
    ...{ devices: [device.index], prompt: 'a red fox in the snow at night', parameters: wanted.parameters },
    ...{ checkpointKey: null, savedMs: 0, wallMsLeft: 900_000, gpuMemoryMib: 1, checkpoints: true },
    ...other,
  });
  const use = watchUse(wanted.devices === 'nvidia' ? device.uuid : null, tools.clock);
  const first = await host.ended(host.start(order()));
  const seen = await use.stop();
  const { digest: expected, ...whole } = await framesOf(host, first);
  checked.whole = { ranMs: Math.round(first.ranMs), ...whole, use: seen, said: lastLines(first) };
  if (whole.frames === 0) return { ...checked, problems: [`the whole run: ${endOf(first)}`] };

  const { jobId, ...again } = order();
  const stopped = host.start({ ...again, jobId });
  await host.until(stopped, ({ progress }) => (progress ?? 0) > 0.4);
  host.stop(stopped, 60_000);
  const half = await host.ended(stopped);
  const { checkpointKey, savedMs } = half;
  const second = await host.ended(host.start({ ...again, jobId, checkpointKey, savedMs }));
  const { digest } = await framesOf(host, second);
  checked.resumed = {
    ...{ savedMs: Math.round(savedMs), ranMs: Math.round(second.ranMs) },
    ...{ wentOn: second.logTail.includes('going on from frame'), framesEqual: digest === expected },
  };
  if (endOf(half) !== 'preempted') checked.problems.push(`stopped in the middle: ${endOf(half)}`);
  if (!checked.resumed.wentOn || !checked.resumed.framesEqual)
    checked.problems.push(`went on after it was stopped: ${endOf(second)}; ${lastLines(second)}`);

  if (wanted.fillsMemory) {
    const parameters = { ...wanted.parameters, fault: { kind: 'oom', atFrame: 1 } };
    checked.memoryUsedUp = endOf(await host.ended(host.start(order({ parameters }))));
    if (!checked.memoryUsedUp.startsWith('out_of_memory'))
      checked.problems.push(`its memory used up: ${checked.memoryUsedUp}`);
  }
  await host.look();
  for (const { index, problem } of host.devices())
    if (problem !== '') checked.problems.push(`device ${index}: ${problem}`);
  return { ...checked, devices: host.devices(), ok: checked.problems.length === 0 };
}

function endOf({ state }: AttemptReport): string {
  if (state.phase !== 'ended') return state.phase;
  const { outcome } = state;
  return outcome.kind === 'failed' ? `${outcome.class}: ${outcome.detail}` : outcome.kind;
}

const lastLines = ({ logTail }: AttemptReport): string => logTail.trim().split(/\r?\n/).slice(-3).join(' | ');

/** Of the decoded video; none where there is none. */
async function framesOf(host: BenchHost, { state }: AttemptReport) {
  if (state.phase !== 'ended' || state.outcome.kind !== 'succeeded')
    return { frames: 0, bytes: 0, digest: '' };
  const { resultKey, bytes } = state.outcome;
  const { stdout } = await run('ffmpeg', [
    '-v',
    'error',
    '-i',
    host.pathOf(resultKey),
    '-f',
    'framemd5',
    '-',
  ]);
  return { frames: stdout.match(/^0,/gm)?.length ?? 0, bytes, digest: stdout };
}
