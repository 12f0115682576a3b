/**
 * The OCI bundle of a sandbox: the image's root read-only, the workspace's files at /home/user, the
 * supervisor read-only, everything else memory of its own. One unprivileged user, no capabilities, no new
 * privileges, no network devices. Pure: the same input gives the same bundle.
 */
import { homePath, type SandboxSpec, sandboxGid, sandboxUid } from '../driver.ts';
import type { SandboxShape } from '../snapshot/snapshot-files.ts';
import { settingsVariable, supervisorSettings } from '../supervisor-settings.ts';

export interface BundleInput {
  spec: SandboxSpec;
  /** What a restored sandbox was started with: the sizes of its file systems cannot change. */
  shape?: SandboxShape;
  rootfs: string;
  supervisorDirectory: string;
}

export const supervisorPath = '/opt/cellbook';
const tmpBytesPart = 0.5;

export function ociConfig({ spec, shape = spec.limits, rootfs, supervisorDirectory }: BundleInput) {
  const tmpBytes = Math.floor(shape.memoryBytesMax * tmpBytesPart);
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: sandboxUid, gid: sandboxGid },
      args: ['/usr/bin/python3', '-I', '-c', startSupervisor],
      env: Object.entries(startEnvironment(spec)).map(([name, value]) => `${name}=${value}`),
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
      bind(homePath, spec.homeDirectory, ['rw', 'nosuid', 'nodev']),
      bind(supervisorPath, supervisorDirectory, ['ro', 'nosuid', 'nodev']),
    ],
    linux: { namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
    annotations: { 'cellbook.sandbox': spec.sandboxId },
  };
}

/** -I keeps the user's files and environment out of the supervisor's own imports. */
const startSupervisor = `import sys; sys.path.insert(0, ${JSON.stringify(supervisorPath)}); from cellbook_supervisor.supervisor import main; main()`;

function startEnvironment(spec: SandboxSpec): Record<string, string> {
  return { ...environment(spec), [settingsVariable]: JSON.stringify(supervisorSettings(spec, true)) };
}

/** What everything inside is started with. */
export function environment(spec: SandboxSpec): Record<string, string> {
  return {
    PATH: `${homePath}/.local/bin:/usr/local/bin:/usr/bin:/bin`,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
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

const bind = (destination: string, source: string, options: string[]) => ({
  destination,
  type: 'bind',
  source,
  options: ['bind', ...options],
});
