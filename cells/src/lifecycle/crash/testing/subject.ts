/** One workspace of the matrix: its owner, and what must be found in it afterwards. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newUserId, type UserId, type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { createPostgresManifestStore } from '../../../storage/manifests/postgres-manifest-store.ts';
import type { Answer, CrashCell } from './crash-cell.ts';

export interface Subject {
  user: UserId;
  id: WorkspaceId;
  /** Where its objects lie. */
  volumeId: string;
  /** Saves that were acknowledged, and what code wrote: path, and what may be read there (null: nothing). */
  kept: Map<string, (string | null)[]>;
  /** What its kernel knows. */
  variable?: { kernelId: string; value: string };
  /** Of a file that was saved since: what it was, and the version that holds it. */
  earlier?: { content: string | null; version: string };
}

const created = z.object({ id: workspaceIdSchema });
const file = z.object({ content: z.string() });

/** Each has an owner of its own, so that no quota of one is met. */
export async function createSubject(cell: CrashCell): Promise<Subject> {
  const user = newUserId(systemRandom);
  const { status, body } = await cell.call(user, 'POST', '/v1/workspaces', { name: 'to be crashed' });
  if (status !== 201) throw new Error(`creating a workspace: ${status} ${JSON.stringify(body)}`);
  const { id } = created.parse(body);
  const volume = await createPostgresManifestStore(cell.database).read(id);
  return { user, id, volumeId: volume?.volumeId ?? '', kept: new Map() };
}

/** Saves through the contents API and remembers it once it is acknowledged. */
export async function save(cell: CrashCell, subject: Subject, path: string): Promise<void> {
  const content = `${path} of ${subject.id}: ${systemRandom.uuid()}`;
  const { status, body } = await put(cell, subject, path, content);
  if (status !== 200 && status !== 201) throw new Error(`saving: ${status} ${JSON.stringify(body)}`);
  subject.kept.set(path, [content]);
}

/** A save whose answer may never come: until it does, old and new are both right. */
export async function trySave(cell: CrashCell, subject: Subject, path: string): Promise<void> {
  const content = `${path} of ${subject.id}, unanswered: ${systemRandom.uuid()}`;
  const before = subject.kept.get(path) ?? [null];
  subject.kept.set(path, [...before, content]);
  const answer = await put(cell, subject, path, content).catch(() => null);
  if (answer?.status === 200 || answer?.status === 201) subject.kept.set(path, [content]);
}

const put = (cell: CrashCell, { user, id }: Subject, path: string, content: string): Promise<Answer> =>
  cell.call(user, 'PUT', `/w/${id}/api/contents/${path}`, { type: 'file', format: 'text', content });

/** Writes into the live directory as code of the sandbox does; nothing acknowledges it. */
export async function writeAsCode(cell: CrashCell, subject: Subject, path: string): Promise<void> {
  const content = `${path} by code: ${systemRandom.uuid()}`;
  const home = join(cell.hostDataDirectory, 'host', 'homes', subject.id, 'files');
  await mkdir(home, { recursive: true });
  await writeFile(join(home, path), content);
  subject.kept.set(path, [content]);
}

/** What cannot be read back as it was. */
export async function missingFiles(cell: CrashCell, { user, id, kept }: Subject): Promise<string[]> {
  const missing: string[] = [];
  for (const [path, contents] of kept) {
    const answer = await cell.call(user, 'GET', `/w/${id}/api/contents/${path}?type=file&format=text`);
    const read = file.safeParse(answer.body);
    const found = answer.status === 404 ? null : read.success ? read.data.content : undefined;
    if (found === undefined || !contents.includes(found))
      missing.push(`${path} (${answer.status} ${JSON.stringify(answer.body)})`);
  }
  return missing;
}
