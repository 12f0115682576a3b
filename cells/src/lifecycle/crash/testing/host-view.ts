/** What there is on this machine of one cell's sandboxes and files, found without asking the cell. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchOf } from '../../../host/daemon/open-images.ts';
import { cgroupParent } from '../../../sandbox/gvisor/driver.ts';
import { type SandboxRecord, SandboxRecords } from '../../../sandbox/host/records.ts';
import type { SeenOnHost } from '../../sim/invariants.ts';
import type { CrashCell } from './crash-cell.ts';

export interface HostView {
  records: SandboxRecord[];
  things: SeenOnHost[];
}

export async function viewHost(cell: CrashCell): Promise<HostView> {
  const dataDirectory = cell.hostDataDirectory;
  const stateDirectory = join(dataDirectory, 'sandboxes');
  const records = await new SandboxRecords(join(stateDirectory, 'sandboxes')).list();
  const workspaceOf = new Map<string, string>(
    records.map((record) => [record.sandboxId, record.workspaceId]),
  );
  const ofSandbox = (kind: string, names: string[]): SeenOnHost[] =>
    names.map((name) => ({ kind, name, workspaceId: workspaceOf.get(sandboxIn(name)) ?? null }));
  const ofWorkspace = (kind: string, names: string[]): SeenOnHost[] =>
    names.map((name) => ({ kind, name, workspaceId: workspaceIn(name) }));
  const hostDirectory = join(dataDirectory, 'host');
  const things = [
    ...ofSandbox('record', await names(join(stateDirectory, 'sandboxes'))),
    ...ofSandbox('cgroup', await cgroups(cgroupParent(stateDirectory))),
    ...(await processes(cell)),
    ...ofWorkspace('mount', await mounts(dataDirectory)),
    ...ofWorkspace('loop device', await loops(dataDirectory)),
    ...ofWorkspace('home', await names(join(hostDirectory, 'homes'))),
    ...ofWorkspace('marker', await names(join(hostDirectory, 'markers'))),
    ...(await names(join(cell.objectsDirectory, '.incoming'))).map((name) =>
      unowned('unfinished object', name),
    ),
  ];
  return { records, things };
}

const unowned = (kind: string, name: string): SeenOnHost => ({ kind, name, workspaceId: null });
const sandboxIn = (name: string): string => /sbx-[\w]+/.exec(name)?.[0] ?? '';
/** A draft or a temporary beside the real thing belongs to nobody. */
const workspaceIn = (name: string): string | null =>
  /\.(draft|tmp)\b|\.json\.|\(deleted\)|\.probe/.test(name) ? null : (/ws-[\w]+/.exec(name)?.[0] ?? null);

const names = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);

async function cgroups(parent: string): Promise<string[]> {
  const found: string[] = [];
  for (const root of [
    '/sys/fs/cgroup',
    ...(await names('/sys/fs/cgroup')).map((name) => `/sys/fs/cgroup/${name}`),
  ])
    for (const name of await names(join(root, parent)))
      if (name.startsWith('sbx-')) found.push(`${root}/${parent}/${name}`);
  return found;
}

async function mounts(below: string): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  const points = text.split('\n').map((line) => line.split(' ')[4] ?? '');
  // A daemon's own, for as long as it runs: images that are open, and what serves their pages.
  const scratch = scratchOf(join(below, 'host'));
  return points.filter((point) => point.startsWith(below) && !`${point}/`.startsWith(`${scratch}/`));
}

async function loops(below: string): Promise<string[]> {
  const devices = (await names('/sys/block')).filter((name) => name.startsWith('loop'));
  const files = await Promise.all(
    devices.map((name) => readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '')),
  );
  return files.map((file) => file.trim()).filter((file) => file.startsWith(below));
}

/** By what their command line and environment name: of gVisor its directories, of plain processes their mark. */
async function processes(cell: CrashCell): Promise<SeenOnHost[]> {
  const found: SeenOnHost[] = [];
  for (const pid of (await names('/proc')).filter((name) => /^\d+$/.test(name))) {
    if ([cell.program.pid, cell.daemon?.pid].includes(Number(pid)) || Number(pid) === process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    const isOurs =
      command.includes(cell.hostDataDirectory) || environment.includes(`HOME=${cell.hostDataDirectory}`);
    if (!isOurs) continue;
    const workspaceId =
      workspaceIn(environment) ?? workspaceIn(command) ?? (await workspaceOfSandbox(cell, command));
    found.push({
      kind: 'process',
      name: `${pid} ${command.replaceAll('\0', ' ').slice(0, 120)}`,
      workspaceId,
    });
  }
  return found;
}

async function workspaceOfSandbox(cell: CrashCell, text: string): Promise<string | null> {
  const records = await new SandboxRecords(join(cell.hostDataDirectory, 'sandboxes', 'sandboxes')).list();
  return records.find(({ sandboxId }) => text.includes(sandboxId))?.workspaceId ?? null;
}
