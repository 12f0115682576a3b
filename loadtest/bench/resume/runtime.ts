/** What isolates the sandboxes that are measured: which gVisor, and where it is from. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { checkout } from '../platform/start.ts';

const runscSchema = z.object({ version: z.string(), platform: z.string(), source: z.string() });

/** As in `runsc 20260101 (systrap, from go)`. */
export async function runtimeVersion(): Promise<string> {
  const script = join(checkout, 'ops', 'images', 'runsc.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 900_000 });
  const { version, platform, source } = runscSchema.parse(JSON.parse(stdout));
  return `runsc ${version} (${platform}, from ${source})`;
}
