/**
 * The whole edge as an operator has it: set up by write-config.ts, run by `wrangler dev` in real workerd, on a
 * home and a port of its own. Where its cell would be stands a server that has no workspaces unless it is given some.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const root = dirname(dirname(import.meta.dirname));
const startMsMax = 90_000;

export interface RunningEdge {
  url: string;
  /** What stands where its cell would be; a test may take its upgrades. */
  cell: Server;
  /** What that says: `GET /v1/workspaces` to a body. */
  answers: Map<string, unknown>;
  stop(): Promise<void>;
}

export async function startEdge(port: number, environment: Record<string, string>): Promise<RunningEdge> {
  const home = mkdtempSync(join(tmpdir(), 'cellbook-edge-'));
  const answers = new Map<string, unknown>([['GET /v1/workspaces', { workspaces: [], nextCursor: null }]]);
  const cell = cellThatSays(answers);
  cell.listen(0, '127.0.0.1');
  await once(cell, 'listening');
  const cellUrl = `http://127.0.0.1:${(cell.address() as AddressInfo).port}`;
  const regions = ['--region', 'eu=Europe', '--region', 'us=Americas'];
  const cells = ['--cell', `eu/eu-1=${cellUrl}`, '--cell', `us/us-1=${cellUrl}`];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['edge/setup/write-config.ts', '--home', home, '--port', String(port), ...regions, ...cells],
    { cwd: root, env: { ...process.env, ...environment } },
  );
  const { wranglerArguments } = z
    .object({ wranglerArguments: z.array(z.string()) })
    .parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  const child = spawn(process.execPath, ['node_modules/wrangler/bin/wrangler.js', ...wranglerArguments], {
    cwd: root,
    env: {
      ...{ ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1', NO_COLOR: '1' },
      ...{ X_LOCAL_OBSERVABILITY: 'false', X_LOCAL_EXPLORER: 'false' },
    },
    stdio: ['ignore', 'ignore', 'ignore'],
    detached: true,
  });
  const url = `http://localhost:${port}`;
  const stop = async () => {
    // Its group: wrangler's workerd with it.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    cell.close();
    cell.closeAllConnections();
    rmSync(home, { recursive: true, force: true });
  };
  if (await isUp(`http://127.0.0.1:${port}/healthz`, performance.now() + startMsMax))
    return { url, cell, answers, stop };
  await stop();
  throw new Error('the edge did not answer in time');
}

async function isUp(address: string, untilMs: number): Promise<boolean> {
  while (performance.now() < untilMs) {
    const isThere = await fetch(address, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** As it says to an edge that asks. */
export const cellRun = '6f9619ff-8b86-4d11-b42d-00c04fc964ff';

function cellThatSays(answers: ReadonlyMap<string, unknown>): Server {
  return createServer((request, response) => {
    if (request.url?.startsWith('/v1/events')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n');
      return;
    }
    if (request.url === '/parked') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ run: cellRun }));
      return;
    }
    const answer = answers.get(`${request.method} ${request.url?.split('?')[0]}`);
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { message: 'nothing here', reason: null }));
  });
}
