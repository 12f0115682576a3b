/** `cellbook ws …`: workspaces by id or by name. */
import { systemClock } from '@cellbook/shared/clock.ts';
import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import type { Command } from 'commander';
import { answer, type Workspace } from '../../clients/typescript/client.ts';
import { waitUntil } from '../../up/wait-until.ts';
import { browse } from '../browse.ts';
import type { Cli } from '../cli.ts';
import type { Context } from '../context.ts';
import { cameBack, describeWorkspace, turnOf } from '../describe-workspace.ts';
import { findWorkspace, listWorkspaces } from '../find-workspace.ts';
import { type Show, table } from '../show.ts';
import { idleSecondsOf } from './idle.ts';

const settleMsMax = 120_000;
const row = (workspace: Workspace) => [
  workspace.id,
  workspace.name,
  workspace.phase,
  workspace.lastActiveAt.slice(0, 16).replace('T', ' '),
  cameBack(workspace),
  workspace.problem ?? '',
];
const headings = ['id', 'name', 'phase', 'last used', 'came back', 'problem'];

export function registerWorkspaces(program: Command, cli: Cli): void {
  const ws = program.command('ws').description('workspaces: create, list, open, suspend, resume, delete');
  registerReading(ws, cli);
  registerChanging(ws, cli);
}

function registerReading(ws: Command, cli: Cli): void {
  ws.command('ls')
    .description('your workspaces, newest first')
    .option('--deleted', 'those that can still be brought back, too')
    .action((options: { deleted?: boolean }) =>
      cli.run(async ({ api }, show) => {
        const workspaces = await listWorkspaces(api, options.deleted === true);
        show.result(workspaces, () => table(headings, workspaces.map(row)));
        if (workspaces.length === 0) show.note('You have none yet: `cellbook ws create <name>` makes one.');
      }),
    );
  ws.command('show <workspace>')
    .description('one workspace')
    .action((name: string) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const found = await answer(
          api.GET('/v1/workspaces/{workspaceId}', { params: { path: { workspaceId } } }),
        );
        show.result(found, () => describeWorkspace(found).join('\n'));
      }),
    );
  ws.command('open <workspace>')
    .description('open it in the browser')
    .option('--print', 'only print the address')
    .action((name: string, options: { print?: boolean }) =>
      cli.run(async ({ api, settings }, show) => {
        const { id } = await findWorkspace(api, name);
        const url = `${settings.url}/open/${id}`;
        if (!options.print && !show.json) browse(url);
        show.result({ url }, () => url);
      }),
    );
}

function registerChanging(ws: Command, cli: Cli): void {
  ws.command('create <name>')
    .description('a new workspace')
    .option('--run', 'start it at once, and wait until it runs')
    .option('--team <label>', 'what it uses is counted for this team')
    .action((name: string, { run, team }: { run?: boolean; team?: string }) =>
      cli.run(async (context, show) => {
        const desired = run ? ('running' as const) : ('suspended' as const);
        const body = { name, desired, ...(team !== undefined && { team }) };
        const made = await answer(context.api.POST('/v1/workspaces', { body, params: { header: {} } }));
        tell(show, run ? await reaches(context, show, made.id, 'running') : made);
      }),
    );
  for (const [verb, phase, what] of [
    ['suspend', 'suspended', 'store its files and free its memory'],
    ['resume', 'running', 'start it again'],
  ] as const) {
    ws.command(`${verb} <workspace>`)
      .description(what)
      .option('--no-wait', 'do not wait for it to be done')
      .action((name: string, options: { wait: boolean }) =>
        cli.run(async (context, show) => {
          const { id: workspaceId } = await findWorkspace(context.api, name);
          const path = { params: { path: { workspaceId }, header: {} } };
          const asked = await answer(context.api.POST(`/v1/workspaces/{workspaceId}/${verb}`, path));
          tell(show, options.wait ? await reaches(context, show, workspaceId, phase) : asked);
        }),
      );
  }
  ws.command('idle <workspace> <minutes>')
    .description(
      'suspend it after so many minutes unused; `never` where your organisation allows that, `usual` for as `idle` has it',
    )
    .action((name: string, minutes: string) =>
      cli.run(async ({ api }, show) => {
        const body = { idleSuspendSeconds: idleSecondsOf(minutes) };
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId }, header: {} };
        tell(show, await answer(api.PATCH('/v1/workspaces/{workspaceId}', { params, body })));
      }),
    );
  ws.command('team <workspace> [label]')
    .description('count what it uses for this team from now on; without a label for none')
    .action((name: string, team: string | undefined) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId }, header: {} };
        tell(
          show,
          await answer(api.PATCH('/v1/workspaces/{workspaceId}', { params, body: { team: team ?? null } })),
        );
      }),
    );
  ws.command('rm <workspace>')
    .description('delete it; `ws restore` brings it back for seven days')
    .action((name: string) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId }, header: {} };
        tell(show, await answer(api.DELETE('/v1/workspaces/{workspaceId}', { params })));
      }),
    );
  ws.command('recover <workspace>')
    .description('look at a workspace that is stuck, and bring it where it is wanted')
    .action((name: string) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId }, header: {} };
        const report = await answer(api.POST('/v1/workspaces/{workspaceId}/recover', { params }));
        show.result(report, () =>
          [
            ...report.found.map(({ state, detail }) => `found  ${state}: ${detail}`),
            ...report.done.map(({ action, detail }) => `did    ${action}: ${detail}`),
            `${report.workspace.name} is ${report.workspace.phase}${report.settled ? '' : ', and not settled yet'}`,
          ].join('\n'),
        );
      }),
    );
  ws.command('restore <workspace>')
    .description('bring a deleted one back')
    .action((name: string) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name, true);
        const params = { path: { workspaceId }, header: {} };
        tell(show, await answer(api.POST('/v1/workspaces/{workspaceId}/undelete', { params })));
      }),
    );
}

function tell(show: Show, workspace: Workspace): void {
  show.result(workspace, () => table(headings, [row(workspace)]));
}

/** Waits, and says why it takes longer: others are first, or an attempt failed and is repeated. */
async function reaches({ api }: Context, show: Show, workspaceId: string, phase: Phase): Promise<Workspace> {
  let said: string | null = null;
  const inPhase = async () => {
    const params = { path: { workspaceId } };
    const workspace = await answer(api.GET('/v1/workspaces/{workspaceId}', { params }));
    const why = workspace.queue === null ? workspace.problem : turnOf(workspace.queue);
    if (why !== null && why !== said) show.note(why);
    said = why;
    return workspace.phase === phase ? workspace : null;
  };
  return waitUntil(inPhase, {
    clock: systemClock,
    deadlineMs: settleMsMax,
    what: `workspace ${workspaceId} to be ${phase}`,
  });
}
