/**
 * What a platform needs beside npm's packages and is made once per machine: runsc, the sandbox image, the
 * Lab bundle. Each is made by a program of its own, into the shared cache; when it is there that takes a
 * moment. They are made side by side: one waits for the network while another computes.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { SandboxDriverName } from '../config.ts';
import type { Progress } from '../progress.ts';
import { runTool } from './run-tool.ts';

export interface Tools {
  /** Null with the drivers that need neither it nor an image. */
  runsc: Promise<Runsc | null>;
  /** Directory of the built image: `rootfs/` and `image.json`. */
  imageDirectory: Promise<string | null>;
  /** Directory of the built bundle: `public/`, `data/`. */
  lab: Promise<LabBundle>;
}

const runscSchema = z.object({ path: z.string(), version: z.string(), platform: z.string() });
const labSchema = z.object({ directory: z.string(), version: z.string() });
export interface Runsc {
  path: string;
  /** For people: `runsc v0.0.0-2026… systrap`. */
  version: string;
}
export type LabBundle = z.infer<typeof labSchema>;

export interface ToolsWanted {
  cacheDirectory: string;
  sandboxDriver: SandboxDriverName;
  /** What the operator brings is taken as it is. */
  runsc: string | null;
  imageDirectory: string | null;
}

/** Begins all three at once; each can be awaited where it is needed. */
export function ensureTools(progress: Progress, wanted: ToolsWanted, signal?: AbortSignal): Tools {
  const make = (title: string, doing: string, script: string, args: string[]): Promise<string> => {
    const env = { CELLBOOK_CACHE: wanted.cacheDirectory };
    return progress.step(title, (note) => runTool({ doing, script, args, env }, note, signal));
  };
  const isolated = wanted.sandboxDriver === 'gvisor';
  const runsc = async () => {
    if (!isolated) return null;
    if (wanted.runsc !== null) return versionOfGiven(wanted.runsc);
    return readRunsc(await make('runsc', 'preparing runsc', 'ops/images/runsc.ts', []));
  };
  const imageDirectory = async () => {
    if (!isolated || wanted.imageDirectory !== null) return wanted.imageDirectory;
    return make('sandbox image', 'building the sandbox image', 'ops/images/build.ts', []);
  };
  const lab = async () =>
    labSchema.parse(
      JSON.parse(await make('JupyterLab bundle', 'building the Lab bundle', 'edge/lab/build.ts', ['--json'])),
    );
  const tools: Tools = { runsc: runsc(), imageDirectory: imageDirectory(), lab: lab() };
  // Whoever needs one awaits it; a failure that nobody has come to yet is no crash.
  for (const tool of Object.values(tools)) tool.catch(() => undefined);
  return tools;
}

/** Waits for all of them, whether they succeed or not, and then throws the first failure. */
export async function allTools({ runsc, imageDirectory, lab }: Tools): Promise<void> {
  await Promise.allSettled([runsc, imageDirectory, lab]);
  await Promise.all([runsc, imageDirectory, lab]);
}

function readRunsc(line: string): Runsc {
  const { path, version, platform } = runscSchema.parse(JSON.parse(line));
  return { path, version: `runsc ${version} ${platform}` };
}

async function versionOfGiven(path: string): Promise<Runsc> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000 });
  return { path, version: stdout.split('\n')[0]?.replace(' version', '').trim() ?? 'runsc' };
}
