/** The edge: its set-up (keys, pins, directory, assets) by its own program, then wrangler with workerd under it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { assertRunning, type Child, type SpawnContext, startChild } from '../processes/child.ts';
import { stopOrder } from '../processes/record.ts';
import { runTool } from '../tools/run-tool.ts';
import type { CellPlace } from '../topology.ts';
import { waitUntil } from '../wait-until.ts';
import { nodeMemory } from './served-program.ts';

export interface EdgeOptions {
  homeDirectory: string;
  port: number;
  cells: (CellPlace & { url: string })[];
  /** GPU schedulers. */
  schedulers: { schedulerId: string; regionId: string; url: string }[];
  /** The file with the secret that GPU regions share. */
  federationKeyFile: string;
  labDirectory: string;
  checkoutDirectory: string;
  signal?: AbortSignal | undefined;
}

export const edgeName = 'edge';

const preparedSchema = z.object({
  publicKeysPath: z.string(),
  pinPublicKeyPath: z.string(),
  /** A file for each cell, named for it. */
  cellKeysDirectory: z.string(),
  publicUrl: z.url(),
  wranglerArguments: z.array(z.string()),
});
export type PreparedEdge = z.infer<typeof preparedSchema>;

export interface RunningEdge {
  child: Child;
  url: string;
  version: string;
}

/** Writes what differs from the last time; the edge of this home must not be running. */
export async function prepareEdge(options: EdgeOptions, note: (text: string) => void): Promise<PreparedEdge> {
  const { homeDirectory, port, cells, schedulers, labDirectory, federationKeyFile } = options;
  const files = ['--lab', labDirectory, '--federation-key', federationKeyFile];
  const args = ['--home', homeDirectory, '--port', String(port), ...files];
  const regions = [...new Set(cells.map((cell) => cell.regionId))];
  const regionArgs = regions.flatMap((region) => ['--region', regionArgument(region)]);
  const cellArgs = cells.flatMap(({ cellId, regionId, url }) => ['--cell', `${regionId}/${cellId}=${url}`]);
  const schedulerArgs = schedulers.flatMap(({ schedulerId, regionId, url }) => [
    '--scheduler',
    `${regionId}/${schedulerId}=${url}`,
  ]);
  const line = await runTool(
    {
      doing: 'setting the edge up',
      script: 'edge/setup/write-config.ts',
      args: [...args, ...regionArgs, ...cellArgs, ...schedulerArgs],
    },
    note,
    options.signal,
  );
  return preparedSchema.parse(JSON.parse(line));
}

/** Names for people and the continents whose people come to live there; a region of another name has its id. */
const knownRegions: Record<string, string> = { eu: 'Europe:EU,AF', us: 'Americas:NA,SA' };
const regionArgument = (region: string): string => `${region}=${knownRegions[region] ?? region}`;

export async function startEdge(
  context: SpawnContext,
  options: EdgeOptions,
  prepared: PreparedEdge,
): Promise<RunningEdge> {
  const { checkoutDirectory } = options;
  const child = await startChild(context, {
    name: edgeName,
    stopOrder: stopOrder.edge,
    command: process.execPath,
    args: [
      nodeMemory,
      join(checkoutDirectory, 'node_modules/wrangler/bin/wrangler.js'),
      ...prepared.wranglerArguments,
    ],
    cwd: checkoutDirectory,
    env: {
      ...{ WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', NO_COLOR: '1', CI: '1' },
      // Development's own record of every invocation, and the page that shows it: with them a request took twice as
      // long, and each message to an object that hibernates 1.9 ms instead of 0.13.
      ...{ X_LOCAL_OBSERVABILITY: 'false', X_LOCAL_EXPLORER: 'false' },
    },
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 5_000,
  });
  try {
    await waitUntil(
      () => {
        assertRunning(child);
        return edgeAnswers(options.port, 5_000);
      },
      { clock: context.clock, deadlineMs: 60_000, what: 'the edge to answer', signal: options.signal },
    );
    return { child, url: prepared.publicUrl, version: workerdVersion(checkoutDirectory) };
  } catch (thrown) {
    await child.stop();
    throw thrown;
  }
}

export async function edgeAnswers(port: number, deadlineMs: number): Promise<boolean> {
  const signal = AbortSignal.timeout(deadlineMs);
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal });
  await response.arrayBuffer();
  return response.ok;
}

function workerdVersion(checkoutDirectory: string): string {
  const manifest = readFileSync(join(checkoutDirectory, 'node_modules/workerd/package.json'), 'utf8');
  return `workerd ${z.object({ version: z.string() }).parse(JSON.parse(manifest)).version}`;
}
