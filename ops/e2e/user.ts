import { systemClock } from '@cellbook/shared/clock.ts';
import type { Workspace } from '@cellbook/shared/protocol/workspace.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { createToken, signIn } from '../client/sign-in.ts';
import { type Workspaces, workspaceClient } from '../client/workspaces.ts';

export interface TestUser {
  token: string;
  cookie: string;
  workspaces: Workspaces;
  createWorkspace(name?: string): Promise<Workspace>;
}

/** Somebody new at the platform, with a token for clients; in the first region unless told. */
export async function newUser(origin: string, region?: string): Promise<TestUser> {
  const email = `${systemRandom.uuid()}@cellbook.test`;
  const home = region === undefined ? {} : { region };
  const cookie = await signIn(origin, { email, name: 'Test', ...home });
  const { token } = await createToken(origin, cookie, { name: 'test' });
  const workspaces = workspaceClient({ origin, token, clock: systemClock, random: systemRandom });
  return { token, cookie, workspaces, createWorkspace: (name = 'Test') => workspaces.create(name) };
}
