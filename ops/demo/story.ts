/**
 * The whole story of one notebook, told through the edge with an ordinary Jupyter client: create, run, save,
 * suspend, read while suspended, resume, find everything again, run again, delete. Each step checks what it
 * did; the first one that is not right ends the story.
 */
import type { Workspace } from '@cellbook/shared/protocol/workspace.ts';
import type { Session } from '@jupyterlab/services';
import { execute, type JupyterClient, jupyterClient } from '../client/jupyter.ts';
import { notebookOf } from './notebook.ts';
import type { DemoPerson, Stage } from './person.ts';
import { must, type Steps } from './steps.ts';
import { runInTerminal } from './terminal.ts';

export interface Scene {
  person: DemoPerson;
  steps: Steps;
  workspace: Workspace;
  jupyter: JupyterClient;
}

/** Returns what the kernel says it is, for example `ipykernel 6.17.1`. */
export async function tellStory(stage: Stage, person: DemoPerson): Promise<string> {
  return withWorkspace(stage, person, person.region, inWorkspace);
}

/** A workspace for the time of the work; `who` is said before each step's name. */
export async function withWorkspace<T>(
  stage: Stage,
  person: DemoPerson,
  who: string,
  work: (scene: Scene) => Promise<T>,
): Promise<T> {
  const steps = stage.steps.of(who);
  const workspace = await steps.run('create a workspace', () => person.workspaces.create('Demo'));
  const jupyter = jupyterClient(stage.origin, workspace.id, person.token);
  try {
    return await work({ person, steps, workspace, jupyter });
  } finally {
    jupyter.dispose();
    await steps.run('delete the workspace', () => person.workspaces.delete(workspace.id));
  }
}

async function inWorkspace(scene: Scene): Promise<string> {
  const { steps } = scene;
  const session = await steps.run('start a kernel', () => startSession(scene));
  const kernel = await steps.run('run code', () => runCode(session));
  await steps.run('save a notebook', () => saveNotebook(scene));
  await steps.run('write a file by code', () => writeByCode(scene, session));
  await steps.run('use a terminal', () => useTerminal(scene));
  await steps.run('suspend', () => suspend(scene));
  await steps.run('read files while suspended', () => readFiles(scene));
  must((await phaseOf(scene)) === 'suspended', 'reading files to wake nothing');
  await steps.run('resume', () => resume(scene));
  await steps.run('find the files again', () => findFilesByCode(session));
  await steps.run('run code again', () => runCode(session));
  return kernel;
}

export async function startSession({ jupyter }: Scene): Promise<Session.ISessionConnection> {
  const options = { path: 'demo.ipynb', name: 'demo.ipynb', type: 'notebook', kernel: { name: 'python3' } };
  return jupyter.sessions.startNew(options);
}

async function runCode(session: Session.ISessionConnection): Promise<string> {
  must(session.kernel !== null, 'the session to have a kernel');
  const result = await execute(session.kernel, 'print("hello from the sandbox")\n6 * 7');
  must(result.status === 'ok', `the cell to succeed, not ${result.status}: ${result.text}`);
  must(result.text === 'hello from the sandbox\n', `what was printed, not ${JSON.stringify(result.text)}`);
  must(result.value === '42', `the value 42, not ${result.value}`);
  const asked = await execute(session.kernel, 'import ipykernel; print(ipykernel.__version__, end="")');
  return `ipykernel ${asked.text}`;
}

async function saveNotebook({ jupyter }: Scene): Promise<void> {
  await jupyter.contents.save('demo.ipynb', {
    type: 'notebook',
    format: 'json',
    content: notebookOf('6 * 7'),
  });
}

async function writeByCode({ jupyter }: Scene, session: Session.ISessionConnection): Promise<void> {
  must(session.kernel !== null, 'the session to have a kernel');
  const code = `open('by-code.txt', 'w').write('written by code')`;
  must((await execute(session.kernel, code)).status === 'ok', 'writing a file by code to succeed');
  const file = await jupyter.contents.get('by-code.txt');
  must(file.content === 'written by code', 'the file to be served with its content');
}

async function useTerminal({ jupyter }: Scene): Promise<void> {
  const said = await runInTerminal(
    jupyter.terminals,
    'echo "by terminal" > by-terminal.txt; echo done-$((40 + 2))',
    'done-42',
  );
  must(said.includes('done-42'), 'the terminal to answer');
}

async function suspend({ person: { workspaces }, workspace }: Scene): Promise<void> {
  await workspaces.suspend(workspace.id);
  await workspaces.reaches(workspace.id, 'suspended');
}

async function resume({ person: { workspaces }, workspace }: Scene): Promise<void> {
  await workspaces.resume(workspace.id);
  await workspaces.reaches(workspace.id, 'running');
}

async function phaseOf({ person: { workspaces }, workspace }: Scene): Promise<string> {
  return (await workspaces.get(workspace.id)).phase;
}

async function readFiles({ jupyter }: Scene): Promise<void> {
  const [byCode, byTerminal, notebook] = await Promise.all(
    ['by-code.txt', 'by-terminal.txt', 'demo.ipynb'].map((path) => jupyter.contents.get(path)),
  );
  must(byCode?.content === 'written by code', 'the file written by code');
  must(byTerminal?.content === 'by terminal\n', 'the file written in the terminal');
  must(notebook?.content.cells[0].source === '6 * 7', 'the notebook that was saved');
}

async function findFilesByCode(session: Session.ISessionConnection): Promise<void> {
  must(session.kernel !== null, 'the session to have a kernel');
  const result = await execute(
    session.kernel,
    `print(open('by-code.txt').read(), open('by-terminal.txt').read())`,
  );
  must(
    result.text.includes('written by code') && result.text.includes('by terminal'),
    `the files, not ${result.text}`,
  );
}
