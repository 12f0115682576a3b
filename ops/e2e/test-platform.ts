/**
 * For end-to-end tests: a whole platform with gVisor sandboxes on a home and ports of its own, started by the
 * code that `npm start` runs, and gone with everything it made when the file's tests are over.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import type { Workspace } from '@cellbook/shared/protocol/workspace.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll } from 'vitest';
import { createToken, signIn } from '../client/sign-in.ts';
import { type Workspaces, workspaceClient } from '../client/workspaces.ts';
import { platformConfig } from '../up/config.ts';
import { type Platform, startPlatform } from '../up/platform.ts';
import { freePort } from '../up/ports.ts';
import { silentProgress } from '../up/progress.ts';

/** A platform for all tests of a file; its fields exist inside tests and hooks. */
export function useTestPlatform(environment: Record<string, string> = {}): () => Platform {
  let platform: Platform | null = null;
  const homeDirectory = mkdtempSync(join(tmpdir(), 'cellbook-e2e-'));
  beforeAll(async () => {
    const config = platformConfig({
      ...process.env,
      ...environment,
      CELLBOOK_HOME: homeDirectory,
      CELLBOOK_EDGE_PORT: String(await freePort()),
    });
    platform = await startPlatform(config, {
      clock: systemClock,
      random: systemRandom,
      progress: silentProgress,
    });
  });
  afterAll(async () => {
    await platform?.stop();
    rmSync(homeDirectory, { recursive: true, force: true });
  });
  return () => {
    if (!platform) throw new Error('the test platform exists only inside tests and hooks');
    return platform;
  };
}

export interface TestUser {
  token: string;
  cookie: string;
  workspaces: Workspaces;
  createWorkspace(name?: string): Promise<Workspace>;
}

/** Somebody new at the platform, with a token for clients. */
export async function newUser(origin: string): Promise<TestUser> {
  const email = `${systemRandom.uuid()}@cellbook.test`;
  const cookie = await signIn(origin, { email, name: 'Test' });
  const token = await createToken(origin, cookie, 'test');
  const workspaces = workspaceClient({ origin, token, clock: systemClock, random: systemRandom });
  return { token, cookie, workspaces, createWorkspace: (name = 'Test') => workspaces.create(name) };
}
