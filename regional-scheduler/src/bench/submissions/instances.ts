/** Two instances of the scheduler on one database, as a region has them; one that was killed is started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { freePort } from '@cellbook/shared/ports.ts';
import type { JWK } from 'jose';
import { HttpConnections } from './http-connections.ts';

export interface InstancesBed {
  directory: string;
  environment: Record<string, string>;
  connectionsMax: number;
  clock: Clock;
}

export interface Running {
  url: string;
  http: HttpConnections;
  /** Its requests under way end with it. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const main = fileURLToPath(new URL('../../main.ts', import.meta.url));
const readyWithinMs = 120_000;

export async function startInstance(bed: InstancesBed): Promise<Running> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // Its log goes to a file by itself: it costs the instance what it costs in service, and this program nothing.
  const log = openSync(join(bed.directory, `instance-${port}.log`), 'a');
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...bed.environment, CELLBOOK_PORT: String(port) },
  });
  await untilServing(url, child, bed.clock);
  const http = new HttpConnections(url, bed.connectionsMax);
  return {
    ...{ url, http },
    async end(signal) {
      const ended = once(child, 'exit');
      child.kill(signal);
      http.close();
      await ended;
    },
  };
}

export function environmentOf(given: {
  directory: string;
  databaseUrl: string;
  redisUrl: string;
  publicKey: JWK;
  audience: string;
  agentSecret: string;
}): Record<string, string> {
  const { directory, databaseUrl, redisUrl, publicKey, audience, agentSecret } = given;
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  return {
    CELLBOOK_REGION_ID: 'eu',
    CELLBOOK_SCHEDULER_ID: audience,
    CELLBOOK_DATA_DIR: directory,
    CELLBOOK_OBJECTS: `file:${directory}/objects`,
    CELLBOOK_AGENT_KEY_FILE: file('agent-secret', agentSecret),
    CELLBOOK_EDGE_PUBLIC_KEYS: file('edge-keys.json', JSON.stringify({ keys: [publicKey] })),
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
  };
}

async function untilServing(url: string, child: ChildProcess, clock: Clock): Promise<void> {
  const untilMs = clock.monotonicMs() + readyWithinMs;
  while (clock.monotonicMs() < untilMs) {
    if (child.exitCode !== null) throw new Error('an instance ended before it served; its log says why');
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer) return;
    await sleep(clock, 100);
  }
  throw new Error('an instance did not serve in time');
}
