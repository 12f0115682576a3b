/** What REST does to terminals. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { noSuchTerminal, tooMany } from '../refusals.ts';
import { Terminal } from '../terminals/terminal.ts';
import { directoryPath } from './paths.ts';
import type { WorkspaceGateway } from './workspace-gateway.ts';

export function terminalModel({ name, lastActivityMs }: Terminal): { name: string; last_activity: string } {
  return { name, last_activity: new Date(lastActivityMs).toISOString() };
}

export function findTerminal(workspace: WorkspaceGateway, name: string): Terminal {
  const terminal = workspace.terminals.get(name);
  if (!terminal) throw noSuchTerminal(name);
  return terminal;
}

/** Opens a shell; without a name it gets the lowest free number. One that fails to open is not listed. */
export async function openTerminal(
  workspace: WorkspaceGateway,
  request: { name?: string | null | undefined; cwd?: string | null | undefined },
): Promise<Terminal> {
  const name = request.name ?? lowestFree(workspace.terminals);
  if (workspace.terminals.has(name)) {
    throw new CellbookError('already_exists', {
      doing: `opening terminal ${name}`,
      problem: 'there is one of that name',
      next: 'Connect to it, or choose another name.',
    });
  }
  if (workspace.terminals.size >= limits.gateway.terminalsPerWorkspaceMax)
    throw tooMany('terminal', limits.gateway.terminalsPerWorkspaceMax);
  const terminal = new Terminal(name, directoryPath(request.cwd), workspace);
  workspace.terminals.set(name, terminal);
  workspace.touch();
  try {
    await terminal.open();
    return terminal;
  } catch (thrown) {
    // Closed meanwhile, the name may be another's by now.
    if (workspace.terminals.get(name) === terminal) workspace.terminals.delete(name);
    await terminal.shutdown();
    throw thrown;
  }
}

export async function closeTerminal(workspace: WorkspaceGateway, name: string): Promise<void> {
  const terminal = findTerminal(workspace, name);
  workspace.terminals.delete(name);
  await terminal.shutdown();
}

function lowestFree(terminals: ReadonlyMap<string, Terminal>): string {
  let number = 1;
  while (terminals.has(String(number))) number += 1;
  return String(number);
}
