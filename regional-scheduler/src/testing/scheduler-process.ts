/** Real scheduler programs for tests of what happens to them: killed, stopped, cut off from their database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  close(): Promise<void>;
}

/** Of nobody: these tests submit into the database, and nobody signs anything. */
const edgeKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
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
          CELLBOOK_SCHEDULER_ID: 'gpu-eu',
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
    async close() {
      await Promise.all(started.map((one) => one.stop('SIGKILL')));
      rmSync(directory, { recursive: true, force: true });
    },
  };
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
