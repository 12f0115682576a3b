import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { z } from 'zod';
import { checkout } from '../platform/start.ts';

/** Runs a program of another part of the repository to its end; what its last line says. */
export async function runPart<Schema extends z.ZodType>(
  program: string,
  args: readonly string[],
  environment: Record<string, string>,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    ...{ cwd: checkout, env: { ...process.env, ...environment } },
    ...{ timeout: 1_800_000, maxBuffer: 2 ** 24 },
  });
  return schema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}
