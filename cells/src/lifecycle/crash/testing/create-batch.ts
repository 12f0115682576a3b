/**
 * Deaths while a workspace is created: nothing of it is known to its owner, who asks again with the same key.
 * He must get one workspace, the same one each time, and there must be no other.
 */
import { newUserId, type UserId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { CrashCase } from '../cases.ts';
import type { CaseResult } from './batch.ts';
import type { Answer, CrashCell } from './crash-cell.ts';
import { endClaims } from './end-claims.ts';
import { missingFiles, type Subject, save } from './subject.ts';

interface Tried {
  crashCase: CrashCase<'create'>;
  user: UserId;
  key: string;
}

const made = z.object({ id: workspaceIdSchema, phase: z.literal('suspended') });
const counted = z.array(z.object({ workspaces: z.coerce.number(), volumes: z.coerce.number() }));

export async function runCreateBatch(
  cell: CrashCell,
  cases: readonly CrashCase<'create'>[],
): Promise<CaseResult[]> {
  const tried = cases.map((crashCase): Tried => {
    return { crashCase, user: newUserId(systemRandom), key: systemRandom.uuid() };
  });
  const rules = tried.flatMap(({ crashCase, user }) => crashCase.failpoints.map((rule) => `${rule}#${user}`));
  await cell.program.arm(rules);
  for (const each of tried) void create(cell, each).catch(() => null);
  const died = await cell.program.dies();
  await cell.program.kill();
  await cell.program.arm([]);
  await cell.program.start();
  return Promise.all(
    tried.map(async (each) => {
      const unreached = died ? [] : ['its failpoint was never reached'];
      const wrong = await judge(cell, each).catch((error: unknown) => [String(error)]);
      return { name: each.crashCase.name, wrong: [...unreached, ...wrong] };
    }),
  );
}

const create = (cell: CrashCell, { user, key }: Tried): Promise<Answer> =>
  cell.call(user, 'POST', '/v1/workspaces', { name: 'to be made once', desired: 'suspended' }, key);

async function judge(cell: CrashCell, each: Tried): Promise<string[]> {
  await endClaims(cell, each.user);
  const [first, second] = [await create(cell, each), await create(cell, each)];
  const answer = made.safeParse(first.body);
  if (first.status !== 201 || !answer.success)
    return [`asked again it answered ${first.status} ${JSON.stringify(first.body)}`];
  const { id } = answer.data;
  const [found] = counted.parse(
    await cell.database.execute(sql`
      select count(*) as workspaces, count(volumes.workspace_id) as volumes
      from workspaces left join volumes on volumes.workspace_id = workspaces.id
      where owner_id = ${each.user}`),
  );
  const subject: Subject = { user: each.user, id, volumeId: '', kept: new Map() };
  await save(cell, subject, 'usable.txt');
  return [
    ...(made.safeParse(second.body).data?.id === id ? [] : ['one key has made two workspaces']),
    ...(found?.workspaces === 1 && found.volumes === 1 ? [] : [`there are ${JSON.stringify(found)}`]),
    ...(await missingFiles(cell, subject)),
  ];
}
