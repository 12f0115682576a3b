/**
 * The programs that npm cannot bring. As root on Debian or Ubuntu the missing ones are installed with apt
 * (and never started as system services); elsewhere the command to run is said.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines, runQuietly } from './run-quietly.mjs';
import { Refusal, step } from './say.mjs';

/** A program, the Debian package that has it, and what it is for; `works` tries what is no program of its own. */
const always = [
  { program: 'redis-server', package: 'redis-server' },
  // node-pty is compiled on the machine.
  { program: 'g++', package: 'g++' },
  { program: 'make', package: 'make' },
  { program: 'python3', package: 'python3' },
  // Sandboxes: the image is put together from Debian packages.
  { program: 'mmdebstrap', package: 'mmdebstrap' },
  { program: 'setpriv', package: 'util-linux' },
  // Each workspace's files lie in a mounted image of their own.
  { program: 'mkfs.ext4', package: 'e2fsprogs' },
  { program: 'losetup', package: 'mount' },
  // The example renderer of GPU jobs encodes its frames with it, and its result is looked at.
  { program: 'ffmpeg', package: 'ffmpeg' },
];
const tests = [
  { program: 'chromium', package: 'chromium' },
  { program: 'git', package: 'git' },
  { program: 'curl', package: 'curl' },
  // Alerts are tried with Prometheus's own tool.
  { program: 'promtool', package: 'prometheus' },
  // The process driver runs kernels on the machine's own Python.
  {
    program: 'ipykernel of /usr/bin/python3',
    package: 'python3-ipykernel',
    works: ['/usr/bin/python3', '-c', 'import ipykernel, zmq'],
  },
  // Python's own Jupyter clients are installed into an environment of their own.
  {
    program: 'python3 -m ensurepip',
    package: 'python3-venv',
    works: ['python3', '-c', 'import ensurepip, venv'],
  },
];

/** Of these packages Debian would start a service, now and at every boot. */
const services = [
  { program: 'redis-server', service: 'redis-server' },
  { program: 'prometheus', service: 'prometheus' },
];

const attemptsMax = 4;
const pauseMs = 5_000;

export async function installSystemPackages({ forTests }) {
  const missing = missingOf([...always, ...(forTests ? tests : [])]);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((entry) => entry.package))];
  if (process.getuid() !== 0 || !isDebian()) throw refusal(missing, packages);
  await step(`installing ${packages.join(', ')} with apt`, () => withoutServices(() => aptInstall(packages)));
  const still = missingOf(missing);
  if (still.length > 0) throw refusal(still, packages);
}

/** Those whose program is not on the path, or whose trial does not succeed. */
function missingOf(entries) {
  return entries.filter(({ program, works }) =>
    works ? spawnSync(works[0], works.slice(1), { stdio: 'ignore' }).status !== 0 : !onPath(program),
  );
}

function refusal(missing, packages) {
  const names = missing.map((entry) => entry.program).join(', ');
  const how = isDebian()
    ? `Run this, then the command again:\n\n    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}\n`
    : `Install them with your package manager (on Debian the packages are ${packages.join(', ')}), then run the command again.`;
  return new Refusal(`These programs are needed and missing: ${names}.`, how);
}

/** apt may be busy (unattended upgrades), its lists may be old or missing, a mirror may stumble: try again. */
async function aptInstall(packages) {
  const common = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' };
  let output = '';
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const update = await runQuietly('apt-get', [...common, 'update'], { env });
    const install = await runQuietly(
      'apt-get',
      [...common, 'install', '--no-install-recommends', ...packages],
      { env },
    );
    if (install.code === 0) return;
    output = `${update.output}\n${install.output}`;
    if (attempt < attemptsMax) await sleep(pauseMs * attempt);
  }
  throw new Refusal(
    `apt-get could not install ${packages.join(', ')}; the end of what it said:\n\n${lastLines(output)}\n`,
    'Mend that (or wait until no other apt is running), then run the command again.',
  );
}

/**
 * Debian starts a service when its package is installed; Cellbook starts its own Redis and leaves the
 * machine's services alone. `policy-rc.d` is Debian's way to say so; one that is there already stays.
 */
async function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  const had = services.filter(({ program }) => onPath(program));
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
  if (!existsSync('/run/systemd/system')) return;
  for (const one of services)
    if (!had.includes(one) && onPath(one.program)) await runQuietly('systemctl', ['disable', one.service]);
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

function onPath(program) {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return places.some((place) => isExecutable(join(place, program)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
