/**
 * The OCI bundle of a sandbox: the image's root read-only, the workspace's files at /home/user, the
 * supervisor read-only, everything else memory of its own. One unprivileged user, no capabilities, no new
 * privileges, no network devices. Pure: the same input gives the same bundle.
 */
import { egressPath, pipEnvironment } from '../../egress/inside.ts';
import { environmentPathIn, environmentVariables } from '../../environments/layout.ts';
import { homePath, type SandboxSpec, sandboxGid, sandboxUid } from '../driver.ts';
import type { SandboxShape } from '../snapshot/snapshot-files.ts';
import { settingsVariable, supervisorSettings } from '../supervisor-settings.ts';

export interface BundleInput {
  spec: SandboxSpec;
  /** What a restored sandbox was started with: the sizes of its file systems cannot change. */
  shape: SandboxShape;
  home: HomeMount;
  rootfs: string;
  supervisorDirectory: string;
  /** Holds the socket of its way out; empty where there is none. */
  egressDirectory: string;
  /** What leads to it; null where there is none. */
  egressEnvironment: EgressEnvironment;
}

/** The files themselves, or the place they come to. */
export interface HomeMount {
  destination: string;
  source: string;
  /** `rbind`: what is mounted below comes along. */
  how: 'bind' | 'rbind';
}

export type EgressEnvironment = Readonly<Record<string, string>> | null;

export const supervisorPath = '/opt/cellbook';
const tmpBytesPart = 0.5;

export function ociConfig(input: BundleInput) {
  const { spec, shape, home, rootfs, supervisorDirectory, egressDirectory, egressEnvironment } = input;
  const tmpBytes = Math.floor(shape.memoryBytesMax * tmpBytesPart);
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: sandboxUid, gid: sandboxGid },
      args: ['/usr/bin/python3', '-I', '-c', startSupervisor],
      env: Object.entries(startEnvironment(spec, egressEnvironment)).map(
        ([name, value]) => `${name}=${value}`,
      ),
      cwd: homePath,
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: true,
      rlimits: [
        { type: 'RLIMIT_NPROC', soft: shape.pidsMax, hard: shape.pidsMax },
        { type: 'RLIMIT_NOFILE', soft: 65_536, hard: 65_536 },
        { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
      ],
    },
    root: { path: rootfs, readonly: true },
    hostname: 'cellbook',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs' },
      { destination: '/dev/pts', type: 'devpts', source: 'devpts' },
      tmpfs('/dev/shm', tmpBytes),
      tmpfs('/tmp', tmpBytes),
      tmpfs('/run', Math.min(tmpBytes, 64 * 1024 * 1024)),
      bind(home.destination, home.source, ['rw', 'nosuid', 'nodev'], home.how),
      bind(supervisorPath, supervisorDirectory, ['ro', 'nosuid', 'nodev']),
      bind(egressPath, egressDirectory, ['ro', 'nosuid', 'nodev', 'noexec']),
    ],
    linux: { namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
    annotations: { 'cellbook.sandbox': spec.sandboxId },
  };
}

/** -I keeps the user's files and environment out of the supervisor's own imports. */
const startSupervisor = `import sys; sys.path.insert(0, ${JSON.stringify(supervisorPath)}); from cellbook_supervisor.supervisor import main; main()`;

function startEnvironment(spec: SandboxSpec, egress: EgressEnvironment): Record<string, string> {
  const settings = supervisorSettings(spec, true, egress !== null);
  return { ...environment(spec, egress), [settingsVariable]: JSON.stringify(settings) };
}

/** What everything inside is started with. */
export function environment(spec: SandboxSpec, egress: EgressEnvironment): Record<string, string> {
  return {
    PATH: `${environmentPathIn(homePath)}/bin:${homePath}/.local/bin:/usr/local/bin:/usr/bin:/bin`,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ...environmentVariables(homePath),
    ...pipEnvironment,
    ...egress,
    ...spec.environment,
    HOME: homePath,
    USER: 'user',
    CELLBOOK_WORKSPACE_ID: spec.workspaceId,
  };
}

const tmpfs = (destination: string, bytes: number) => ({
  destination,
  type: 'tmpfs',
  source: 'tmpfs',
  options: ['nosuid', 'nodev', 'mode=1777', `size=${bytes}`],
});

const bind = (destination: string, source: string, options: string[], how: HomeMount['how'] = 'bind') => ({
  destination,
  type: 'bind',
  source,
  options: [how, ...options],
});
