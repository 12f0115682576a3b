import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../tools/run-tool.ts';

/**
 * The file with the keys that seal people's secrets, made once for all cells of this home. It lies beside the
 * databases and not in them: who has one without the other reads nothing.
 */
export async function ensureSecretKeys(keysDirectory: string, signal?: AbortSignal): Promise<string> {
  const file = join(keysDirectory, 'secrets.jwks.json');
  if (!existsSync(file)) {
    const tool = { doing: 'making the keys of secrets', script: 'cells/src/secrets/main.ts' };
    await runTool({ ...tool, args: ['init', file] }, () => undefined, signal);
  }
  return file;
}
