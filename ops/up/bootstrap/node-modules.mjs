/**
 * `npm install`, when node_modules is not what the lockfile says. A stamp inside node_modules holds the
 * digest of the lockfile and the manifests it was installed from. Never `npm ci`: that would remove
 * node_modules under a running platform.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines, runQuietly } from './run-quietly.mjs';
import { Refusal, step } from './say.mjs';

const lockDeadlineMs = 15 * 60_000;

export async function installNodeModules(checkout) {
  if (isInstalled(checkout)) return;
  await underLock(checkout, async () => {
    if (isInstalled(checkout)) return;
    await step('installing the npm packages', () => npmInstall(checkout));
    mkdirSync(join(checkout, 'node_modules'), { recursive: true });
    writeFileSync(stampPath(checkout), digest(checkout));
  });
}

export function projectNode(checkout) {
  return join(checkout, 'node_modules', '.bin', 'node');
}

function isInstalled(checkout) {
  const stamp = stampPath(checkout);
  return (
    existsSync(projectNode(checkout)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest(checkout)
  );
}

async function npmInstall(checkout) {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const [command, prefix] = cli?.endsWith('.js') ? [node ?? process.execPath, [cli]] : ['npm', []];
  const nodedir = headersPrefix();
  const result = await runQuietly(command, [...prefix, 'install', '--no-progress', '--loglevel=error'], {
    cwd: checkout,
    env: { ...process.env, ...(nodedir ? { npm_config_nodedir: nodedir } : {}) },
  });
  if (result.code === 0 && existsSync(projectNode(checkout))) return;
  throw new Refusal(
    `npm install failed; the end of what it said:\n\n${lastLines(result.output)}\n`,
    'Mend that (often: the network, or a full disk), then run the command again.',
  );
}

/**
 * node-gyp fetches Node's headers unless told where they are. Native modules here use N-API alone, whose
 * headers are the same for every Node, so those of the Node that runs this serve.
 */
function headersPrefix() {
  const candidates = [process.execPath, process.env.npm_node_execpath ?? process.execPath].map((path) =>
    dirname(dirname(path)),
  );
  return [...candidates, '/usr/local', '/usr'].find((prefix) =>
    existsSync(join(prefix, 'include', 'node', 'node_api.h')),
  );
}

function digest(checkout) {
  const hash = createHash('sha256');
  const manifest = readFileSync(join(checkout, 'package.json'), 'utf8');
  const workspaces = JSON.parse(manifest).workspaces.map((folder) => join(folder, 'package.json'));
  for (const name of ['package-lock.json', 'package.json', ...workspaces]) {
    hash.update(`${name}\0`);
    const path = join(checkout, name);
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}

function stampPath(checkout) {
  return join(checkout, 'node_modules', '.cellbook-installed');
}

/** One install at a time per checkout. The lock is an abstract socket: it ends with its holder. */
async function underLock(checkout, work) {
  const name = `\0cellbook-install-${createHash('sha256').update(checkout).digest('hex').slice(0, 32)}`;
  const deadlineMs = Date.now() + lockDeadlineMs;
  for (;;) {
    const server = createServer((socket) => socket.destroy());
    const taken = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(name, () => resolve(true));
    });
    if (taken) return work().finally(() => server.close());
    if (Date.now() > deadlineMs) {
      throw new Refusal(
        'Another npm install of this checkout does not end.',
        'End it, then run the command again.',
      );
    }
    await sleep(500);
  }
}
