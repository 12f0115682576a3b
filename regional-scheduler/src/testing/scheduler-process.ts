/** Real scheduler programs for tests of what happens to them: killed, stopped, cut off from their database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newOrgId, newRequestId, newUserId } from '@cellbook/shared/ids.ts';
import { principalHeader, principalIssuer, requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import { idempotencyKeyHeader } from '@cellbook/shared/protocol/workspace-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { SignJWT } from 'jose';

export interface SchedulerProcess {
  url: string;
  kill(signal: NodeJS.Signals): void;
  /** Waits for its end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  output(): string;
}

export interface ProcessBed {
  directory: string;
  regionSecret: string;
  start(more?: Record<string, string>): Promise<SchedulerProcess>;
  /** As one user, with what the edge would have signed for him. */
  ask(scheduler: SchedulerProcess, path: string, body?: unknown): Promise<Response>;
  close(): Promise<void>;
}

const schedulerId = 'gpu-eu';
const edge = generateKeyPairSync('ed25519');
const edgeKey = { ...edge.publicKey.export({ format: 'jwk' }), kid: 'edge' };
const user = { sub: newUserId(systemRandom), org: newOrgId(systemRandom), tier: 'paid' };
const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export function openProcessBed(databaseUrl: string): ProcessBed {
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-scheduler-'));
  const regionSecret = crypto.randomUUID();
  writeFileSync(join(directory, 'agent-secret'), regionSecret);
  writeFileSync(join(directory, 'edge-keys.json'), JSON.stringify({ keys: [edgeKey] }));
  const started: SchedulerProcess[] = [];
  return {
    directory,
    regionSecret,
    async start(more = {}) {
      const child = spawn(process.execPath, [main], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          CELLBOOK_REGION_ID: 'eu',
          CELLBOOK_SCHEDULER_ID: schedulerId,
          CELLBOOK_PORT: '0',
          CELLBOOK_DATA_DIR: directory,
          CELLBOOK_OBJECTS: `file:${directory}/objects`,
          CELLBOOK_AGENT_KEY_FILE: join(directory, 'agent-secret'),
          CELLBOOK_EDGE_PUBLIC_KEYS: join(directory, 'edge-keys.json'),
          DATABASE_URL: databaseUrl,
          ...more,
        },
      });
      const scheduler = await whenServing(child);
      started.push(scheduler);
      return scheduler;
    },
    async ask({ url }, path, body) {
      const headers = { [principalHeader]: await signed(), [requestIdHeader]: newRequestId(systemRandom) };
      if (body === undefined) return fetch(`${url}${path}`, { headers });
      return fetch(`${url}${path}`, {
        ...{ method: 'POST', body: JSON.stringify(body) },
        headers: {
          ...{ ...headers, 'content-type': 'application/json' },
          [idempotencyKeyHeader]: systemRandom.uuid(),
        },
      });
    },
    async close() {
      await Promise.all(started.map((one) => one.stop('SIGKILL')));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function signed(): Promise<string> {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { name: 'Ada', role: 'member', scopes: null, via: 'token', cred: 'key-1', pin: 1, ...user };
  return new SignJWT({ ...claims, iss: principalIssuer, aud: schedulerId, iat, exp: iat + 60 })
    .setProtectedHeader({ alg: 'EdDSA', kid: edgeKey.kid })
    .sign(edge.privateKey);
}

async function whenServing(child: ChildProcess): Promise<SchedulerProcess> {
  let output = '';
  const ended = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    const read = (bytes: Buffer) => {
      output += bytes.toString();
      const found = /"url":"([^"]+)"[^\n]*"msg":"the scheduler serves"/.exec(output);
      if (found?.[1]) resolve(found[1]);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    void ended.then(() => reject(new Error(`the scheduler ended: ${output}`)));
  });
  return {
    url,
    output: () => output,
    kill: (signal) => void child.kill(signal),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGCONT');
        child.kill(signal);
      }
      await ended;
    },
  };
}
