/**
 * When jobs of Microsoft's Philly clusters were submitted, as numbers per interval: people and their scripts over
 * eleven weeks (Jeon et al., "Analysis of Large-Scale Multi-Tenant GPU Clusters", USENIX ATC 2019). Read where the
 * project's shared folder has it; it is no part of the project.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Series {
  name: string;
  startMs: number;
  intervalMs: number;
  asked: number[];
}

export const phillyFile = resolve(import.meta.dirname, '../../../../shared/traces/philly/philly.csv.gz');

/** Whole weeks in which the record is whole: what is before and after is a handful a day. */
const [from, to] = [Date.UTC(2017, 8, 25), Date.UTC(2017, 11, 11)];

/** Throws what reading throws, ENOENT where there is no such file. */
export async function readPhilly(intervalMs: number): Promise<Series> {
  const lines = gunzipSync(await readFile(phillyFile))
    .toString('utf8')
    .trim()
    .split('\n')
    .slice(1);
  const submitted = lines.map((line) => Date.parse(`${line.slice(0, 19).replace(' ', 'T')}Z`));
  return countedOf('philly', submitted, { from, to, intervalMs });
}

export function countedOf(
  name: string,
  times: readonly number[],
  { from: startMs, to: endMs, intervalMs }: { from: number; to: number; intervalMs: number },
): Series {
  const asked = new Array<number>((endMs - startMs) / intervalMs).fill(0);
  for (const time of times) {
    const index = Math.floor((time - startMs) / intervalMs);
    if (index in asked) asked[index] = (asked[index] ?? 0) + 1;
  }
  return { name, startMs, intervalMs, asked };
}
