/**
 * Takes over what runs in a sandbox that an earlier controller started: its kernels go on under their ids with
 * the requests that are under way, its terminals stay open. First, before anything is heard, what that
 * controller noted (adoptAll); then, when everything said meanwhile has been heard, what really runs there
 * (settleSurvey).
 */
import type { Inherited, Survey } from '../../sandbox/link/supervisor-link.ts';
import type { LiveSandbox } from '../kernels/kernel-host.ts';
import { Terminal } from '../terminals/terminal.ts';
import type { WorkspaceGateway } from './workspace-gateway.ts';

export function adoptAll(workspace: WorkspaceGateway, live: LiveSandbox, inherited: Inherited): void {
  for (const kernelId of inherited.kernels) workspace.kernels.get(kernelId)?.adopt(live, inherited);
  for (const { name, directory } of inherited.terminals) {
    const terminal = workspace.terminals.get(name) ?? new Terminal(name, directory, workspace);
    workspace.terminals.set(name, terminal);
    terminal.adopt(live);
  }
}

export function settleSurvey(
  workspace: WorkspaceGateway,
  live: LiveSandbox,
  inherited: Inherited,
  survey: Survey,
): void {
  const states = new Map(survey.kernels.map(({ kernelId, state }) => [kernelId, state]));
  for (const [kernelId, state] of states) {
    const kernel = workspace.kernels.get(kernelId);
    if (kernel) kernel.surveyed(state);
    // Deleted while nobody was there to stop it.
    else void live.link.shutdownKernel(kernelId).catch(() => {});
  }
  for (const kernelId of inherited.kernels)
    if (!states.has(kernelId)) workspace.kernels.get(kernelId)?.notThere();
  const open = new Set(survey.terminals.map(({ name }) => name));
  for (const { name } of inherited.terminals) {
    if (open.has(name)) continue;
    workspace.terminals.get(name)?.end();
    workspace.terminals.delete(name);
  }
}
