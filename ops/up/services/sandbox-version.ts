import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { z } from 'zod';

/** What ops/images/runsc.ts writes beside the program. */
const noteSchema = z.object({ version: z.string(), platform: z.string() });

/** What isolates the sandboxes, for people: `runsc release-20261110.0 systrap`. */
export async function sandboxVersion(driver: 'gvisor' | 'process', runsc: string): Promise<string> {
  if (driver === 'process') return 'process (no isolation)';
  if (existsSync(`${runsc}.json`)) {
    const { version, platform } = noteSchema.parse(JSON.parse(readFileSync(`${runsc}.json`, 'utf8')));
    return `runsc ${version} ${platform}`;
  }
  const { stdout } = await promisify(execFile)(runsc, ['--version'], { timeout: 10_000 });
  return stdout.split('\n')[0]?.replace(' version', '').trim() ?? 'runsc';
}
