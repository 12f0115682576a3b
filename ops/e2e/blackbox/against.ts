/** jupyter_server's own REST tests against one new workspace of a running platform. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute, jupyterClient } from '../../client/jupyter.ts';
import { ensurePythonClients, ensureServerSources } from '../python/python-clients.ts';
import { newUser } from '../user.ts';
import { layOutTests } from './layout.ts';
import { expectedIds, missing, runTests } from './run.ts';

export interface BlackboxOptions {
  origin: string;
  cacheDirectory: string;
  /** The folder of a running workspace's files on this machine: the tests put files there. */
  folderOf: (workspaceId: string) => string;
}

export interface BlackboxOutcome {
  expected: number;
  notPassed: { id: string; why: string }[];
}

export async function runBlackbox(options: BlackboxOptions): Promise<BlackboxOutcome> {
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-blackbox-'));
  try {
    const python = await ensurePythonClients(options.cacheDirectory);
    layOutTests(await ensureServerSources(options.cacheDirectory, python), directory);
    const user = await newUser(options.origin);
    const workspace = await user.createWorkspace('Black box');
    const jupyter = jupyterClient(options.origin, workspace.id, user.token);
    // Its folder is there only while it runs.
    await execute(await jupyter.kernels.startNew({ name: 'python3' }), '1');
    jupyter.dispose();
    const results = await runTests(python, directory, {
      url: `${options.origin}/w/${workspace.id}`,
      token: user.token,
      root: options.folderOf(workspace.id),
    });
    await user.workspaces.delete(workspace.id);
    const expected = expectedIds();
    return { expected: expected.length, notPassed: missing(expected, results) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
