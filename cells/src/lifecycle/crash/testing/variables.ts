/** What a workspace of the matrix has in its kernel's memory, set and read through the kernel's real socket. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { followExecution } from '../../../host/testing/follow-execution.ts';
import type { CrashCell } from './crash-cell.ts';
import type { Subject } from './subject.ts';

const started = z.object({ id: z.string() });

/** A kernel with one variable, which nothing but its memory knows. */
export async function setVariable(cell: CrashCell, subject: Subject): Promise<void> {
  const variable = { kernelId: await startKernel(cell, subject), value: systemRandom.uuid() };
  await execute(cell, subject, variable.kernelId, `x = '${variable.value}'`);
  subject.variable = variable;
}

export async function startKernel(cell: CrashCell, { user, id }: Subject): Promise<string> {
  const { status, body } = await cell.call(user, 'POST', `/w/${id}/api/kernels`, {});
  if (status !== 201) throw new Error(`starting a kernel: ${status} ${JSON.stringify(body)}`);
  return started.parse(body).id;
}

const toldSchema = z.object({
  lastRung: z.literal('cold'),
  lastResume: z.object({
    missed: z.array(z.object({ rung: z.string(), cause: z.string() })).refine(saysWhyLost),
  }),
});

/** Why its memory did not come back, and not only why it was not frozen any more or nothing was ready. */
export function saysWhyLost(missed: readonly { rung: string; cause: string }[]): boolean {
  return missed.some(
    ({ rung, cause }) =>
      rung === 'memory' || rung === 'memory-remote' || (rung === 'live' && !stored.has(cause)),
  );
}

const stored: ReadonlySet<string> = new Set(['expired', 'not_kept']);

/**
 * What is wrong with it; it is resumed for that. After a failure, or with its host, it may be lost where the resume says
 * why, and on a machine that is too busy to bring a dozen back within their time where it says that.
 */
export async function judgeVariable(
  cell: CrashCell,
  subject: Subject,
  { mayBeLost }: { mayBeLost: boolean },
): Promise<string[]> {
  const { variable } = subject;
  if (!variable) return [];
  const read = execute(cell, subject, variable.kernelId, 'print(x)');
  const printed = await read.catch((error: unknown) => String(error));
  if (printed.trim() === variable.value) return [];
  const { body } = await cell.call(subject.user, 'GET', `/v1/workspaces/${subject.id}`);
  const told = toldSchema.safeParse(body).data;
  if (told && (mayBeLost || told.lastResume.missed.some(({ cause }) => cause === 'slow'))) return [];
  return [`its variable is lost (${printed.trim()}); it says ${JSON.stringify(body)}`];
}

/** Gives what it printed; the workspace is resumed for that. */
export async function execute(cell: CrashCell, { user, id }: Subject, kernelId: string, code: string) {
  const asked = { url: cell.url, headers: () => cell.headers(user) };
  const followed = followExecution(asked, id, kernelId, code);
  const details = { code: 'sandbox_unavailable', doing: `running code in workspace ${id}` } as const;
  const answered = withDeadline(systemClock, answerMsMax, details, () => followed.finished);
  return answered.finally(followed.close);
}

const answerMsMax = 60_000;
