/** A workspace in words: by which rung it came back, why by no better one, and what is kept of its memory. Pure. */
import type { Workspace, WorkspaceDetails } from '../clients/typescript/client.ts';

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

/** In a column: `memory 0.41 s`. */
export const cameBack = ({ lastResume }: Workspace): string =>
  lastResume === null ? '' : `${lastResume.rung} ${seconds(lastResume.durationMs)}`;

const keptWords: Record<WorkspaceDetails['kept'], string> = {
  none: 'nothing of its memory',
  live: 'its memory, paused where it ran',
  memory: 'an image of its memory',
};

export const turnOf = ({ position, of }: NonNullable<WorkspaceDetails['queue']>): string =>
  `is number ${position} of ${of} that wait to start`;

/** Line by line, for one workspace. */
export function describeWorkspace(workspace: WorkspaceDetails): string[] {
  const { id, name, phase, kept, queue, idleSuspendSeconds, team, lastActiveAt, lastResume, problem } =
    workspace;
  const idle = idleSuspendSeconds === null ? 'never' : `after ${idleSuspendSeconds / 60} minutes unused`;
  return [
    `${name} (${id}) is ${phase}`,
    ...(queue === null ? [] : [`its turn    ${turnOf(queue)}`]),
    `last used   ${lastActiveAt.slice(0, 19).replace('T', ' ')}`,
    `suspended   ${idle}`,
    ...(team === null ? [] : [`team        ${team}`]),
    ...(phase === 'running' ? [] : [`kept        ${keptWords[kept]}`]),
    ...(lastResume === null ? [] : describeResume(lastResume)),
    ...(problem === null ? [] : [`problem     ${problem}`]),
  ];
}

function describeResume(resume: NonNullable<Workspace['lastResume']>): string[] {
  const steps = resume.steps.map(({ step, durationMs }) => `${step} ${durationMs} ms`).join(', ');
  return [
    `came back   by ${resume.rung} in ${seconds(resume.durationMs)} (${steps})`,
    ...resume.missed.map(({ rung, why }) => `not by      ${rung}: ${why}`),
  ];
}
