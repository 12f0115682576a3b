/** Prometheus's own tool, which knows its language and runs rules over made-up series. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Judgement {
  ok: boolean;
  output: string;
}

const deadlineMs = 60_000;

/** Runs it in a directory of its own that holds the given files. */
export async function promtool(files: Record<string, string>, ...args: string[]): Promise<Judgement> {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-promtool-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    return await run(args, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const run = (args: readonly string[], cwd: string): Promise<Judgement> =>
  new Promise((resolve, reject) => {
    execFile('promtool', [...args], { cwd, timeout: deadlineMs }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') reject(error);
      else resolve({ ok: error === null, output: `${stdout}${stderr}` });
    });
  });
