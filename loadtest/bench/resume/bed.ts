/**
 * The platforms that rungs are measured on, one after the other, each alone on the machine:
 *
 *     plain    one host, no pool, files in a directory               live, cold
 *     hosts    two hosts, no pool, files and images in an S3 server  memoryRemote
 *     pool     one host that keeps sandboxes ready, as most do       memory, files
 *     golden   one host with the image of such a sandbox alone       coldFromGolden
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Person, signInAtEdge } from '../platform/person.ts';
import { type BenchPlatform, startBenchPlatform } from '../platform/start.ts';
import { untilReady } from '../processes.ts';
import { type HostSwitch, hostSwitch } from './hosts.ts';
import { startObjectServer } from './object-server.ts';
import { type ResumeRecord, resumeRecord } from './record.ts';

export const bedNames = ['plain', 'hosts', 'pool', 'golden'] as const;
export type BedName = (typeof bedNames)[number];

export interface Bed {
  platform: BenchPlatform;
  person: Person;
  record: ResumeRecord;
  hosts: HostSwitch;
}

export interface Starting {
  /** What was started, to be stopped in reverse. */
  stops: Array<() => Promise<void>>;
  note(line: string): void;
}

export const poolSize = 3;

export async function startBed(name: BedName, directory: string, { stops, note }: Starting): Promise<Bed> {
  const home = join(directory, name);
  const settings = await settingsOf(name, home, stops);
  const given = { driver: 'gvisor', directory: home, python: 'python3', settings, note } as const;
  const platform = await startBenchPlatform(given);
  stops.push(() => platform.stop());
  const record = resumeRecord(platform.databaseUrl, poolSize);
  stops.push(() => record.close());
  const hosts = hostSwitch(platform);
  stops.push(() => hosts.reconnectAll());
  if (name === 'golden' || name === 'pool')
    await untilReady('the golden image', () => hasGoldenImage(platform), { deadlineMs: goldenDeadlineMs });
  // What was booted while none was ready fits into no sandbox that is made ahead.
  if (name === 'pool') await record.poolReady();
  return { platform, record, hosts, person: await signInAtEdge(platform) };
}

/** It is made on one processor, when everything else that starts has started; on a busy machine that takes long. */
const goldenDeadlineMs = 600_000;

/** Its host makes it or finds it, and says so. */
async function hasGoldenImage({ directory, cellId }: BenchPlatform): Promise<boolean> {
  const log = join(directory, 'logs', `host-${cellId}-a.log`);
  return (await readFile(log, 'utf8')).includes('the pool has its image');
}

async function settingsOf(
  name: BedName,
  home: string,
  stops: Starting['stops'],
): Promise<Record<string, string>> {
  if (name === 'plain') return { CELLBOOK_POOL: 'off' };
  if (name === 'pool') return { CELLBOOK_POOL: String(poolSize) };
  if (name === 'golden') return { CELLBOOK_POOL: '0' };
  const objects = await startObjectServer(join(home, 's3'));
  stops.push(() => objects.stop());
  return { CELLBOOK_POOL: 'off', CELLBOOK_HOSTS_PER_CELL: '2', CELLBOOK_OBJECTS: objects.url };
}
