/** Two regions of two cells each: who lives where, and what the loss of one cell does to whom. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { usageAnswerSchema } from '@cellbook/shared/protocol/usage-api.ts';
import type { Workspace } from '@cellbook/shared/protocol/workspace.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { Session } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';
import { type LivesIn, readPins, whereLives } from '../client/home-cell.ts';
import { execute, type JupyterClient, jupyterClient } from '../client/jupyter.ts';
import { loseCell } from '../client/lose-cell.ts';
import { killProgram, programOf, runs } from '../up/processes/kill-program.ts';
import { shareOrganisation } from './organisation.ts';
import { useTestPlatform } from './test-platform.ts';
import { newUser, type TestUser } from './user.ts';

const platform = useTestPlatform({ CELLBOOK_CELLS: 'eu=eu-1,eu-2;us=us-1,us-2' });

interface Resident extends LivesIn {
  user: TestUser;
}

interface AtHome extends Resident {
  workspace: Workspace;
  jupyter: JupyterClient;
  session: Session.ISessionConnection;
  kernel: NonNullable<Session.ISessionConnection['kernel']>;
}

async function resident(region: string): Promise<Resident> {
  const { url, home } = platform();
  const user = await newUser(url, region);
  return { user, ...(await whereLives(url, user.cookie, readPins(home.directory))) };
}

/** People of the region until one lives in a cell that suits: each of two is as likely as the other. */
async function residentWhere(region: string, suits: (lives: LivesIn) => boolean): Promise<Resident> {
  for (let tries = 0; tries < 32; tries++) {
    const candidate = await resident(region);
    if (suits(candidate)) return candidate;
  }
  throw new Error(`nobody of 32 in ${region} lives where it suits`);
}

async function atHome(who: Resident): Promise<AtHome> {
  const workspace = await who.user.createWorkspace();
  const jupyter = jupyterClient(platform().url, workspace.id, who.user.token);
  const options = { path: 'a.ipynb', name: 'a.ipynb', type: 'notebook', kernel: { name: 'python3' } };
  const session = await jupyter.sessions.startNew(options);
  if (!session.kernel) throw new Error('the session has no kernel');
  expect((await execute(session.kernel, 'kept = 6 * 7')).status).toBe('ok');
  return { ...who, workspace, jupyter, session, kernel: session.kernel };
}

const atWork = ({ user, workspace, jupyter, kernel }: AtHome) => {
  const { workspaces } = user;
  return { clock: systemClock, workspaceId: workspace.id, workspaces, jupyter, kernel };
};

describe('two regions of two cells', () => {
  it('a person lives in the region of the first sign-in, in one cell of it, and stays there', async () => {
    const { url, home } = platform();
    for (const region of ['eu', 'us']) {
      const first = await resident(region);
      expect(first.region).toBe(region);
      expect(first.cellId.startsWith(`${region}-`)).toBe(true);
      expect(await whereLives(url, first.user.cookie, readPins(home.directory))).toMatchObject({
        region,
        cellId: first.cellId,
      });
    }
  });

  it('killing one cell touches its users only: the others’ requests all succeed, and it comes back', async () => {
    const { url, home } = platform();
    const victim = await atHome(await resident('eu'));
    const neighbour = await residentWhere('eu', ({ cellId }) => cellId !== victim.cellId);
    const others = [await atHome(neighbour), await atHome(await resident('us'))];
    await victim.jupyter.contents.save('kept.txt', { type: 'file', format: 'text', content: 'kept' });
    const before = programOf(home, `cell-${victim.cellId}`);

    const headers = { authorization: `token ${victim.user.token}` };
    const loss = await loseCell({
      ...{ clock: systemClock, home, cellId: victim.cellId },
      askVictim: () => fetch(`${url}/v1/workspaces/${victim.workspace.id}`, { headers }),
      others: others.map(atWork),
    });

    expect(loss.failures).toEqual([]);
    for (const count of Object.values(loss.others)) expect(count).toBeGreaterThanOrEqual(6);
    expect(loss.refusals).toBeGreaterThan(0);
    for (const seconds of loss.retryAfterSeconds) expect(seconds).toBeGreaterThan(0);
    expect(programOf(home, `cell-${victim.cellId}`).pid).not.toBe(before.pid);
    expect((await victim.jupyter.contents.get('kept.txt')).content).toBe('kept');
    // By itself the client waits longer and longer between its tries; a reload asks at once.
    await victim.kernel.reconnect();
    const reading = await execute(victim.kernel, `print(open('kept.txt').read(), end='')`);
    expect(reading).toMatchObject({ status: 'ok', text: 'kept' });
    // The sandbox belongs to the cell's host, which went on without its controller.
    expect(await execute(victim.kernel, 'kept')).toMatchObject({ status: 'ok', value: '42' });
    for (const { jupyter } of [victim, ...others]) jupyter.dispose();
  });

  it('an organisation with people in two regions has one quota, of which each sees all that is used', async () => {
    const { url } = platform();
    const [ada, eve] = [await resident('eu'), await resident('us')];
    const cookies = await shareOrganisation(url, ada.user, eve.user);
    const create = (cookie: string) =>
      fetch(`${url}/v1/workspaces`, {
        method: 'POST',
        headers: {
          ...{ origin: url, cookie, 'content-type': 'application/json' },
          'idempotency-key': systemRandom.uuid(),
        },
        body: '{"name":"ours"}',
      });
    const made = [cookies.admin, cookies.guest, cookies.guest].map(create);
    for (const answer of await Promise.all(made)) expect(answer.status, await answer.text()).toBe(201);
    const used = async (cookie: string) => {
      const answer = await fetch(`${url}/v1/usage`, { headers: { cookie } });
      return usageAnswerSchema.parse(await answer.json());
    };
    // Who asks tells as well: what the others use is what they last told.
    await used(cookies.admin);
    const [theirs, ours] = [await used(cookies.guest), await used(cookies.admin)];
    expect([theirs, ours].map(({ user }) => user.workspaces.used)).toEqual([2, 1]);
    for (const { organisation } of [theirs, ours])
      expect(organisation?.workspaces).toMatchObject({ used: 3, limit: 100 });
  });

  it('the edge killed outright: who is signed in stays so, and what runs has gone on', async () => {
    const { url, home } = platform();
    const person = await atHome(await resident('eu'));
    const before = killProgram(home, 'edge');
    const ask = () =>
      fetch(`${url}/v1/workspaces`, { headers: { cookie: person.user.cookie } }).then(
        ({ status }) => status,
        () => 0,
      );
    // The starter starts it again on the same port, which what was killed may answer on for a moment.
    const startedAgain = () => runs(home, 'edge') && programOf(home, 'edge').pid !== before.pid;
    await expect.poll(startedAgain, { timeout: 90_000, interval: 100 }).toBe(true);
    await expect.poll(ask, { timeout: 90_000, interval: 100 }).toBe(200);
    await person.kernel.reconnect();
    expect(await execute(person.kernel, 'kept')).toMatchObject({ status: 'ok', value: '42' });
    person.jupyter.dispose();
  });
});
