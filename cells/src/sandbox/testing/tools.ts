/**
 * Where tests and benchmarks find runsc and the image: CELLBOOK_RUNSC and CELLBOOK_IMAGE_DIR where they are
 * set, else what `node ops/images/ensure.ts` says (it makes them on its first run). Asked of a program, since
 * a cell imports nothing of ops.
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { z } from 'zod';

const toolsSchema = z.object({ runscPath: z.string(), imageDirectory: z.string() });
export type SandboxTools = z.infer<typeof toolsSchema>;

const ensureProgram = resolve(import.meta.dirname, '../../../../ops/images/ensure.ts');
const ensureDeadlineMs = 20 * 60_000;

export function sandboxTools(env: NodeJS.ProcessEnv = process.env): SandboxTools {
  if (env.CELLBOOK_RUNSC && env.CELLBOOK_IMAGE_DIR)
    return { runscPath: env.CELLBOOK_RUNSC, imageDirectory: env.CELLBOOK_IMAGE_DIR };
  const output = execFileSync(process.execPath, [ensureProgram], {
    encoding: 'utf8',
    timeout: ensureDeadlineMs,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return toolsSchema.parse(JSON.parse(output));
}
