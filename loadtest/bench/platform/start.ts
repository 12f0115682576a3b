/**
 * A whole platform of its own: `npm start`'s program on a temporary home and free ports. What the benchmark
 * must know besides the printed address (the cell's process, its address, the key principals are signed
 * with) it reads where the starter leaves it, as an operator would.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@cellbook/shared/ports.ts';
import { z } from 'zod';
import { start, untilReady } from '../processes.ts';

export const checkout = join(import.meta.dirname, '..', '..', '..');
const cellId = 'eu-1';

export interface BenchPlatform {
  driver: 'process' | 'gvisor' | 'none';
  url: string;
  cellId: string;
  cellUrl: string;
  cellPid: number;
  /** Path of the private key (a JWK) with which the edge signs principals. */
  principalKeyPath: string;
  databaseUrl: string;
  directory: string;
  stop(): Promise<void>;
}

export interface PlatformOptions {
  driver: 'process' | 'gvisor' | 'none';
  /** Sandboxes at once; absent: what the machine has room for. */
  sandboxesMax?: number;
  /** Further settings of `npm start`. */
  settings?: Record<string, string>;
  /** Address of somebody who may act as the platform's operator. */
  operator?: string;
  directory: string;
  /** What the process driver runs its supervisors with; needs pyzmq. */
  python: string;
  note: (line: string) => void;
}

export async function startBenchPlatform(options: PlatformOptions): Promise<BenchPlatform> {
  const directory = join(options.directory, `platform-${options.driver}`);
  const edgePort = await freePort();
  await mkdir(directory, { recursive: true });
  const logFile = join(options.directory, `platform-${options.driver}.log`);
  options.note(`starting a platform with the ${options.driver} driver`);
  const program = start({
    command: process.execPath,
    args: ['ops/up/main.ts'],
    env: {
      ...process.env,
      CELLBOOK_HOME: directory,
      CELLBOOK_EDGE_PORT: String(edgePort),
      CELLBOOK_CELLS: `eu=${cellId}`,
      CELLBOOK_SANDBOX_DRIVER: options.driver,
      CELLBOOK_PYTHON: options.python,
      // What is measured says what it needs of it.
      CELLBOOK_POOL: 'off',
      CELLBOOK_GPU: 'off',
      ...(options.operator && { CELLBOOK_OPERATORS: options.operator }),
      ...options.settings,
      ...(options.sandboxesMax && { CELLBOOK_SANDBOXES_MAX: String(options.sandboxesMax) }),
    },
    cwd: checkout,
    logFile,
  });
  const isUp = async () =>
    existsSync(logFile) && (await readFile(logFile, 'utf8')).includes('Cellbook is up:');
  try {
    await untilReady('the platform', isUp, { program, deadlineMs: 1_800_000 });
    return {
      ...(await describe(directory)),
      ...options,
      directory,
      url: `http://localhost:${edgePort}`,
      stop: program.stop,
    };
  } catch (thrown) {
    await program.stop();
    const said = (await readFile(logFile, 'utf8')).slice(-4_000);
    throw new Error(`the platform did not start; it said:\n${said}`, { cause: thrown });
  }
}

const recordSchema = z.object({ pid: z.int().positive() });

async function describe(directory: string) {
  const record = join(directory, 'run', `cell-${cellId}.json`);
  const { pid } = recordSchema.parse(JSON.parse(await readFile(record, 'utf8')));
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  const settingOf = (name: string): string => {
    const entry = environment.find((each) => each.startsWith(`${name}=`));
    if (entry === undefined) throw new Error(`process ${pid} is no cell: it has no ${name}`);
    return entry.slice(name.length + 1);
  };
  return {
    cellId,
    cellPid: pid,
    cellUrl: `http://127.0.0.1:${settingOf('CELLBOOK_PORT')}`,
    databaseUrl: settingOf('DATABASE_URL'),
    principalKeyPath: join(directory, 'keys', 'edge', 'principal.json'),
  };
}
