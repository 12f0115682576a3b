/** The result: its last line is one JSON object, everything before it is for people. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { IdleResult } from './idle/idle-sockets.ts';
import type { LegName } from './measure/clients.ts';
import { round, type Summary } from './measure/statistics.ts';

const run = promisify(execFile);
const manifestSchema = z.object({ version: z.string() });

/** `p50Ms` and its kin: 50 clients with a kernel each. */
export interface LegResult extends Summary {
  single: Summary;
  /** 50 clients of one kernel, each of which is sent every other's outputs. */
  sharedKernel: Summary;
}

export interface Report {
  direct?: LegResult;
  cell?: LegResult;
  edgeCell?: LegResult;
  edgeCellUnheld?: LegResult;
  peer?: LegResult;
  peerNoDelay?: LegResult;
  edgeCellGvisor?: LegResult;
  idleSocketKiB: number | null;
  idleReadings: IdleResult['readings'];
  /** The platform's p50 over the peer's: below 1 is faster than the peer. And over its own without objects that hold sockets. */
  p50Ratio: Partial<
    Record<'edgeCellToPeer' | 'edgeCellToPeerNoDelay' | 'edgeCellToUnheld', Record<ClientsKey, number>>
  >;
  clients: number;
  payloadBytes: number;
  machine: { cores: number; cpu: string };
  versions: Record<string, string>;
  /** What isolates the kernel of each leg that goes through a cell; the other legs' are plain processes. */
  drivers: Record<'cell' | 'edgeCell' | 'edgeCellUnheld' | 'edgeCellGvisor', 'process' | 'gvisor'>;
  quick: boolean;
  date: string;
}

type ClientsKey = 'single' | 'many' | 'sharedKernel';

export function ratios(legs: ReadonlyMap<LegName, LegResult>): Report['p50Ratio'] {
  const edgeCell = legs.get('edgeCell');
  const [peer, peerNoDelay] = [legs.get('peer'), legs.get('peerNoDelay')];
  const unheld = legs.get('edgeCellUnheld');
  return {
    ...(edgeCell && peer && { edgeCellToPeer: ratio(edgeCell, peer) }),
    ...(edgeCell && peerNoDelay && { edgeCellToPeerNoDelay: ratio(edgeCell, peerNoDelay) }),
    ...(edgeCell && unheld && { edgeCellToUnheld: ratio(edgeCell, unheld) }),
  };
}

function ratio(ours: LegResult, theirs: LegResult): Record<ClientsKey, number> {
  return {
    single: round(ours.single.p50Ms / theirs.single.p50Ms, 3),
    many: round(ours.p50Ms / theirs.p50Ms, 3),
    sharedKernel: round(ours.sharedKernel.p50Ms / theirs.sharedKernel.p50Ms, 3),
  };
}

export function table(legs: ReadonlyMap<LegName, LegResult>): string {
  const columns = ['', '1 client', '50, a kernel each', '50, one kernel'];
  const cell = ({ p50Ms, p99Ms, msgPerSecond }: Summary) => `${p50Ms} / ${p99Ms} ms, ${msgPerSecond}/s`;
  const rows = [...legs].map(([name, leg]) => [name, cell(leg.single), cell(leg), cell(leg.sharedKernel)]);
  const widths = columns.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]!.length)),
  );
  const line = (row: string[]) => row.map((text, index) => text.padEnd(widths[index]!)).join('  ');
  return [line(columns), ...rows.map(line), '(p50 / p99 to the execute_reply, round trips per second)'].join(
    '\n',
  );
}

export function machine(): Report['machine'] {
  return { cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown' };
}

export function packageVersions(): Record<string, string> {
  const manifestOf = createRequire(import.meta.url);
  const names = ['configurable-http-proxy', 'wrangler', 'workerd', 'ws', 'zeromq'];
  const versions = names.map((name) => [
    name,
    manifestSchema.parse(manifestOf(`${name}/package.json`)).version,
  ]);
  return { node: process.versions.node, ...Object.fromEntries(versions) };
}

export async function peerVersions(python: string): Promise<Record<string, string>> {
  const names = ['jupyter_server', 'tornado', 'pyzmq'];
  const script = `import importlib.metadata as m, json, platform; print(json.dumps({"python": platform.python_version(), **{n: m.version(n) for n in ${JSON.stringify(names)}}}))`;
  const { stdout } = await run(python, ['-c', script], { timeout: 30_000 });
  return z.record(z.string(), z.string()).parse(JSON.parse(stdout));
}
