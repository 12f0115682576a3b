/** The cells of a home, each looked at by the cell's own program (cells/src/audit/main.ts) with its own settings. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { checkoutDirectory, type PlatformConfig } from '../up/config.ts';
import type { Home } from '../up/home.ts';
import type { CellPlace } from '../up/topology.ts';
import { reportSchema, type Verified } from './verified.ts';

type Environment = Record<string, string>;

export interface CellChain {
  environment: Environment;
  verify(): Promise<Verified>;
}

export function cellChains(config: PlatformConfig, home: Home, places: readonly CellPlace[]): CellChain[] {
  return places.map((place) => {
    const environment = environmentOf(config, home, place);
    return { environment, verify: () => verify(`cell-${place.cellId}`, environment) };
  });
}

const portsSchema = z.record(z.string(), z.int());

function environmentOf(config: PlatformConfig, home: Home, { cellId, regionId }: CellPlace): Environment {
  const ports = portsSchema.parse(JSON.parse(readFileSync(join(home.run, 'ports'), 'utf8')));
  const password = readFileSync(join(home.keys, `postgres-${cellId}-password`), 'utf8').trim();
  const database = `cell_${cellId.replaceAll('-', '_')}`;
  return {
    DATABASE_URL: `postgres://postgres:${password}@127.0.0.1:${ports[`postgres-${cellId}`]}/${database}`,
    CELLBOOK_OBJECTS: config.objects ?? `file:${home.objects(regionId)}`,
    CELLBOOK_CELL_ID: cellId,
    CELLBOOK_AUDIT_KEY: join(home.cell(cellId).data, 'audit-key.json'),
  };
}

async function verify(chain: string, environment: Environment): Promise<Verified> {
  const lines: string[] = [];
  const problem = await runCell('verify', environment, (line) => lines.push(line));
  const report = reportSchema.safeParse(lines.length === 1 ? JSON.parse(lines[0] ?? '') : null);
  return report.success ? report.data : { chain, unread: problem.trim().split('\n').at(-1) ?? 'no report' };
}

/** Its standard output, line by line; resolves to what it said of problems. */
export async function runCell(
  command: 'verify' | 'export',
  environment: Environment,
  onLine: (line: string) => void,
): Promise<string> {
  const child = spawn(process.execPath, ['cells/src/audit/main.ts', command], {
    cwd: checkoutDirectory,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const problems: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => problems.push(text));
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  await exited;
  return problems.join('');
}
