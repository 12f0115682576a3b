/**
 * What a platform needs beside npm's packages and is made once per machine: runsc, the sandbox image, the
 * Lab bundle. Each is made by a program of its own, into the shared cache; when it is there that takes a
 * moment. They are made side by side: one waits for the network while another computes.
 */

import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import type { Progress } from '../progress.ts';
import { runTool, type Tool } from './run-tool.ts';

export interface Tools {
  runsc: string;
  imageDirectory: string;
  labDirectory: string;
  labVersion: string;
}

const sandboxSchema = z.object({ runsc: z.string(), imageDirectory: z.string() });
const labSchema = z.object({ directory: z.string(), version: z.string() });

export async function ensureTools(
  progress: Progress,
  cacheDirectory: string,
  signal?: AbortSignal,
): Promise<Tools> {
  const env = { CELLBOOK_CACHE: cacheDirectory };
  const [sandbox, lab] = await Promise.all([
    progress.step('sandbox image and runsc', async (note) =>
      sandboxSchema.parse(
        await result(
          { doing: 'preparing the sandboxes', script: 'ops/images/ensure.ts', args: ['--json'], env },
          note,
          signal,
        ),
      ),
    ),
    progress.step('JupyterLab bundle', async (note) =>
      labSchema.parse(
        await result(
          { doing: 'building the Lab bundle', script: 'edge/lab/build.ts', args: ['--json'], env },
          note,
          signal,
        ),
      ),
    ),
  ]);
  return {
    runsc: sandbox.runsc,
    imageDirectory: sandbox.imageDirectory,
    labDirectory: lab.directory,
    labVersion: lab.version,
  };
}

async function result(tool: Tool, note: (text: string) => void, signal?: AbortSignal): Promise<unknown> {
  const line = await runTool(tool, note, signal);
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new CellbookError('internal', { doing: tool.doing, problem: `it answered ${line}`, cause });
  }
}
