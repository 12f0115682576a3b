/** `cellbook versions …`: what a file was at each save. */
import { writeFile } from 'node:fs/promises';
import type { CellDiff, FileDiff, Lines } from '@cellbook/shared/protocol/versions-api.ts';
import type { Command } from 'commander';
import { answer } from '../../clients/typescript/client.ts';
import type { Cli } from '../cli.ts';
import { findWorkspace } from '../find-workspace.ts';
import { table } from '../show.ts';

export function registerVersions(program: Command, cli: Cli): void {
  const versions = program.command('versions').description('what a file was at each save');
  versions
    .command('ls <workspace> <path>')
    .description('newest first; also of a file that is no more')
    .action((name: string, path: string) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId }, query: { path } };
        const listed = await answer(api.GET('/v1/workspaces/{workspaceId}/versions', { params }));
        const rows = listed.versions.map((each) => [
          each.id,
          each.savedAt,
          String(each.sizeBytes),
          each.savedBy ?? '',
        ]);
        show.result(listed.versions, () => table(['version', 'saved', 'bytes', 'by'], rows));
      }),
    );
  versions
    .command('get <workspace> <path> <version>')
    .description('its bytes, to standard output')
    .option('-o, --output <file>', 'to a file of this machine')
    .action((name: string, path: string, version: string, { output }: { output?: string }) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId, version }, query: { path } };
        const url = '/v1/workspaces/{workspaceId}/versions/{version}/content';
        const bytes = Buffer.from(await answer(api.GET(url, { params, parseAs: 'arrayBuffer' })));
        if (output === undefined) process.stdout.write(bytes);
        else {
          await writeFile(output, bytes);
          show.result({ output, bytes: bytes.length }, () => `${bytes.length} bytes in ${output}`);
        }
      }),
    );
  versions
    .command('diff <workspace> <path> <version> [other]')
    .description('how a version differs from another, or from the file as it is; a notebook cell by cell')
    .action((name: string, path: string, version: string, other = 'current') =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId, version, other }, query: { path } };
        const url = '/v1/workspaces/{workspaceId}/versions/{version}/diff/{other}';
        const diff: FileDiff = await answer(api.GET(url, { params }));
        show.result(diff, () => showDiff(diff));
      }),
    );
  versions
    .command('restore <workspace> <path> <version>')
    .description('make it the file again, as a new version')
    .action((name: string, path: string, version: string) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId, version }, header: {} };
        const url = '/v1/workspaces/{workspaceId}/versions/{version}/restore';
        const made = await answer(api.POST(url, { params, body: { path } }));
        show.result(made, () => `${path} is what it was; it is version ${made.id} now`);
      }),
    );
  versions
    .command('forget <workspace> <path>')
    .description('those of a file, or of everything in a folder, also of what was deleted; files stay')
    .action((name: string, path: string) =>
      cli.run(async ({ api }, show) => {
        const { id: workspaceId } = await findWorkspace(api, name);
        const params = { path: { workspaceId }, header: {} };
        const url = '/v1/workspaces/{workspaceId}/versions/forget';
        const left = await answer(api.POST(url, { params, body: { path } }));
        show.result(left, () => `no earlier version of ${path} is kept any more`);
      }),
    );
}

export function showDiff(diff: FileDiff): string {
  if (diff.kind === 'text') return showLines(diff.lines);
  if (diff.kind === 'binary')
    return diff.same ? 'the same bytes' : `binary: ${diff.fromBytes} bytes, then ${diff.toBytes}`;
  const cells = diff.cells.filter(({ op }) => op !== 'same').map(showCell);
  const metadata =
    diff.metadataChanged.length > 0 ? [`notebook metadata: ${diff.metadataChanged.join(', ')}`] : [];
  return [...metadata, ...cells].join('\n\n') || 'no difference';
}

function showCell({ op, cellType, from, to, source, outputsChanged, metadataChanged }: CellDiff): string {
  const place = [from, to].map((at) => (at === null ? '–' : String(at + 1))).join(' → ');
  const more = [
    ...(outputsChanged ? ['its outputs differ'] : []),
    ...(metadataChanged.length > 0 ? [`its metadata: ${metadataChanged.join(', ')}`] : []),
  ];
  return [`@@ ${cellType} cell ${place}: ${op}`, ...(source ? [showLines(source)] : []), ...more].join('\n');
}

const mark = { same: ' ', added: '+', removed: '-' } as const;
const showLines = (lines: Lines): string =>
  lines
    .flatMap(({ op, text }) =>
      text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => mark[op] + line),
    )
    .join('\n');
