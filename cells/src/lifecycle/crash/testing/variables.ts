/** What a workspace of the matrix has in its kernel's memory, set and read through the kernel's real socket. */
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { followExecution } from '../../../host/testing/follow-execution.ts';
import type { CrashCell } from './crash-cell.ts';
import type { Subject } from './subject.ts';

const started = z.object({ id: z.string() });

/** A kernel with one variable, which nothing but its memory knows. */
export async function setVariable(cell: CrashCell, subject: Subject): Promise<void> {
  const { status, body } = await cell.call(subject.user, 'POST', `/w/${subject.id}/api/kernels`, {});
  if (status !== 201) throw new Error(`starting a kernel: ${status} ${JSON.stringify(body)}`);
  const variable = { kernelId: started.parse(body).id, value: systemRandom.uuid() };
  await execute(cell, subject, variable.kernelId, `x = '${variable.value}'`);
  subject.variable = variable;
}

/** What is wrong with it; it is resumed for that. */
export async function judgeVariable(cell: CrashCell, subject: Subject): Promise<string[]> {
  const { variable } = subject;
  if (!variable) return [];
  const read = execute(cell, subject, variable.kernelId, 'print(x)');
  const printed = await read.catch((error: unknown) => String(error));
  if (printed.trim() === variable.value) return [];
  const { body } = await cell.call(subject.user, 'GET', `/v1/workspaces/${subject.id}`);
  return [`its variable is lost (${printed.trim()}); it says ${JSON.stringify(body)}`];
}

async function execute(cell: CrashCell, { user, id }: Subject, kernelId: string, code: string) {
  const asked = { url: cell.url, headers: () => cell.headers(user) };
  const followed = followExecution(asked, id, kernelId, code);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('no answer came')), answerMsMax);
  return Promise.race([followed.finished, late.promise]).finally(() => {
    clearTimeout(timer);
    followed.close();
  });
}

const answerMsMax = 60_000;
