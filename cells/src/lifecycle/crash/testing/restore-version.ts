/** Bringing an earlier version of a file back, by a client that asks again with the same key when nobody has answered. */
import { z } from 'zod';
import type { Answer, CrashCell } from './crash-cell.ts';
import { endClaims } from './end-claims.ts';
import { type Subject, save } from './subject.ts';

const path = 'versioned.txt';
const listed = z.object({ versions: z.array(z.object({ id: z.string() })) });

export async function saveTwice(cell: CrashCell, subject: Subject): Promise<void> {
  await save(cell, subject, path);
  const [content = null] = subject.kept.get(path) ?? [];
  await save(cell, subject, path);
  const [, version = ''] = await versionsOf(cell, subject);
  subject.earlier = { content, version };
}

/** Whoever dies before it has answered may have done it or not. */
export async function restoreUnanswered(cell: CrashCell, subject: Subject): Promise<void> {
  const { content } = earlierOf(subject);
  subject.kept.set(path, [...(subject.kept.get(path) ?? []), content]);
  await restore(cell, subject).catch(() => null);
}

/** Afterwards it is done, and no version there was is gone. */
export async function restoreAgain(cell: CrashCell, subject: Subject): Promise<string[]> {
  const { content, version } = earlierOf(subject);
  await endClaims(cell, subject.user);
  const [first, second] = [await restore(cell, subject), await restore(cell, subject)];
  subject.kept.set(path, [content]);
  const versions = await versionsOf(cell, subject);
  return [
    ...(first.status === 200
      ? []
      : [`asked again it answered ${first.status} ${JSON.stringify(first.body)}`]),
    ...(JSON.stringify(first.body) === JSON.stringify(second.body) ? [] : ['one key has two answers']),
    ...(versions.includes(version) ? [] : ['the version that was brought back is gone']),
    // The two saves, and what was brought back: by the one who died as well, if he came so far.
    ...([3, 4].includes(versions.length) ? [] : [`there are ${versions.length} versions`]),
  ];
}

function restore(cell: CrashCell, subject: Subject): Promise<Answer> {
  const { version } = earlierOf(subject);
  const url = `/v1/workspaces/${subject.id}/versions/${version}/restore`;
  return cell.call(subject.user, 'POST', url, { path }, `restore-${subject.id}`);
}

async function versionsOf(cell: CrashCell, { user, id }: Subject): Promise<string[]> {
  const { body } = await cell.call(user, 'GET', `/v1/workspaces/${id}/versions?path=${path}`);
  return listed.parse(body).versions.map((version) => version.id);
}

function earlierOf({ earlier }: Subject): { content: string | null; version: string } {
  if (earlier) return earlier;
  throw new Error('it has no earlier version');
}
