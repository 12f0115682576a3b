/**
 * One cell is killed with -9 while others are at work: somebody of another region and, where the region has a
 * second cell, a neighbour of the same region. Their requests all succeed; whoever lives in the lost cell is
 * told to wait and then finds everything again: files, and the variables of a kernel that ran on meanwhile.
 */
import type { Session } from '@jupyterlab/services';
import { execute } from '../client/jupyter.ts';
import { type CellLoss, loseCell } from '../client/lose-cell.ts';
import type { AtWork } from '../client/traffic.ts';
import type { DemoPerson, Stage } from './person.ts';
import { must } from './steps.ts';
import { type Scene, startSession, withWorkspace } from './story.ts';

export interface LossTold extends Omit<CellLoss, 'failures'> {
  cell: string;
}

export async function tellLoss(stage: Stage, victim: DemoPerson, others: DemoPerson[]): Promise<LossTold> {
  const { cellId } = victim;
  return withWorkspace(stage, victim, cellId, async (scene) => {
    const { session } = await settle(scene);
    await scene.jupyter.contents.save('kept.txt', { type: 'file', format: 'text', content: 'kept' });
    const { failures, ...loss } = await withOthers(stage, others, [], (atWork) =>
      scene.steps.run('killed, away and back', () =>
        loseCell({
          ...{ clock: stage.clock, home: stage.home, cellId, others: atWork },
          askVictim: () => ask(stage, scene),
        }),
      ),
    );
    must(
      failures.length === 0,
      `every request of the others to succeed; ${failures.length} did not: ${failures[0]}`,
    );
    await scene.steps.run('find everything again', () => findAgain(scene, session));
    return { cell: cellId, ...loss };
  });
}

/** Brings each of the others to work in a workspace of his own, then does the work. */
async function withOthers<T>(
  stage: Stage,
  [next, ...rest]: DemoPerson[],
  atWork: AtWork[],
  work: (others: AtWork[]) => Promise<T>,
): Promise<T> {
  if (!next) return work(atWork);
  return withWorkspace(stage, next, next.cellId, async (scene) => {
    const { kernel } = await settle(scene);
    const { person, workspace, jupyter } = scene;
    const one = {
      clock: stage.clock,
      workspaceId: workspace.id,
      workspaces: person.workspaces,
      jupyter,
      kernel,
    };
    return withOthers(stage, rest, [...atWork, one], work);
  });
}

async function settle(scene: Scene) {
  const session = await scene.steps.run('start a kernel', () => startSession(scene));
  const { kernel } = session;
  must(kernel !== null, 'the session to have a kernel');
  must((await execute(kernel, 'kept = 6 * 7')).status === 'ok', 'the first cell to succeed');
  return { session, kernel };
}

function ask({ origin }: Stage, { workspace, person }: Scene): Promise<Response> {
  const headers = { authorization: `token ${person.token}` };
  return fetch(`${origin}/v1/workspaces/${workspace.id}`, { headers, signal: AbortSignal.timeout(10_000) });
}

async function findAgain({ jupyter }: Scene, session: Session.ISessionConnection): Promise<void> {
  must((await jupyter.contents.get('kept.txt')).content === 'kept', 'the saved file');
  must(session.kernel !== null, 'the session to have a kernel');
  // By itself the client waits longer and longer between its tries; a reload asks at once.
  await session.kernel.reconnect();
  const read = await execute(session.kernel, `print(open('kept.txt').read(), end='')`);
  must(read.text === 'kept', `code to find the file, not ${read.text}`);
  // The sandbox belongs to the cell's host, which the loss of the controller does not touch.
  const variable = await execute(session.kernel, 'kept');
  must(variable.value === '42', `the variable of before, not ${variable.value || variable.text}`);
}
