/** `cellbook env …`: what pip has installed in a workspace. */
import type { EnvironmentView } from '@cellbook/shared/protocol/environment-api.ts';
import type { Command } from 'commander';
import { answer } from '../../clients/typescript/client.ts';
import type { Cli } from '../cli.ts';
import { findWorkspace } from '../find-workspace.ts';

const base = '/v1/workspaces/{workspaceId}/environment';

export function registerEnvironment(program: Command, cli: Cli): void {
  const environment = program.command('env').description('what is installed in a workspace');
  environment
    .command('show <workspace>')
    .description('as it was stored last')
    .action((name: string) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const found = await answer(api.GET(base, { params: { path: { workspaceId } } }));
        show.result(found, () => showEnvironment(found));
      }),
    );
  environment
    .command('lock <workspace>')
    .description('names and versions, as pip reads them with -r')
    .action((name: string) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId } };
        const text = await answer(api.GET(`${base}/lock`, { params, parseAs: 'text' }));
        show.result({ requirements: text }, () => text.trimEnd());
      }),
    );
  environment
    .command('reset <workspace>')
    .description('uninstall everything; no file is touched')
    .option('--previous', 'instead, bring back what was installed before the last change or reset')
    .action((name: string, { previous }: { previous?: boolean }) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId }, header: {} };
        const body = { to: previous ? ('previous' as const) : ('empty' as const) };
        const after = await answer(api.POST(`${base}/reset`, { params, body }));
        show.result(after, () => `${showEnvironment(after)}\nKernels that run keep what they have imported.`);
      }),
    );
}

export function showEnvironment(found: EnvironmentView): string {
  const { digest, state, problem, packages, files, bytes, storedAt, previous } = found;
  const said = problem === null ? [] : [`${state}: ${problem}`];
  if (digest === null) return [...said, 'nothing is installed', ...before(previous)].join('\n');
  const size = `${packages.length} packages, ${files} files, ${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  const lines = packages.map(({ name, version, url }) => `  ${name} ${version}${url ? ` (${url})` : ''}`);
  const stored = `layer ${digest.slice(0, 16)}, stored ${storedAt}`;
  return [...said, size, stored, ...lines, ...before(previous)].join('\n');
}

const before = (previous: EnvironmentView['previous']): string[] =>
  previous === null
    ? []
    : [
        `before: ${previous.packages} packages, stored ${previous.storedAt}; \`reset --previous\` brings them back`,
      ];
