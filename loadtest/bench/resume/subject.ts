/** The workspace that is resumed again and again, through the edge, and its notebook with data in memory. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Person } from '../platform/person.ts';
import type { BenchPlatform } from '../platform/start.ts';
import { type Notebook, openNotebook } from './notebook.ts';

const idSchema = z.object({ id: z.string() });
const requestDeadlineMs = 180_000;

/** pandas, and 100 MB that no other notebook has. */
const makeState = `
import zlib
import numpy, pandas
arrays = [numpy.random.default_rng().random(125_000) for _ in range(100)]
frame = pandas.DataFrame({'first': arrays[0], 'second': arrays[1]})
checksum = lambda: zlib.crc32(b''.join(str(zlib.crc32(array)).encode() for array in arrays))
known = checksum()
count = 0
print(known)`;

export type Subject = Awaited<ReturnType<typeof createSubject>>;

export async function createSubject(platform: BenchPlatform, person: Person, name: string) {
  const api = `${platform.url}/v1/workspaces`;

  async function call(method: string, url: string, body: object | null, expected: number): Promise<unknown> {
    const response = await fetch(url, {
      method,
      headers: {
        ...(await person.edgeHeaders()),
        'idempotency-key': randomUUID(),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestDeadlineMs),
    });
    const text = await response.text();
    if (response.status !== expected)
      throw new Error(`${method} ${url} gave ${response.status}: ${text.slice(0, 500)}`);
    return text === '' ? null : JSON.parse(text);
  }

  const { id } = idSchema.parse(await call('POST', api, { name }, 201));
  const base = `${platform.url}/w/${id}`;
  let names = 0;

  return {
    id,
    suspend: () => call('POST', `${api}/${id}/suspend`, null, 200),
    resume: () => call('POST', `${api}/${id}/resume`, null, 200),
    /** A change of the row has the cell look at it. */
    nudge: async () => void (await call('PATCH', `${api}/${id}`, { name: `${name} ${++names}` }, 200)),
    remove: async () => void (await call('DELETE', `${api}/${id}`, null, 200)),
    /** A file of its home. */
    async put(path: string, content: string): Promise<void> {
      await call('PUT', `${base}/api/contents/${path}`, { type: 'file', format: 'text', content }, 201);
    },
    /** A kernel of its own and a socket on it, as opening a notebook makes them. */
    async openNotebook(): Promise<Notebook & { end(): Promise<void> }> {
      const kernel = idSchema.parse(await call('POST', `${base}/api/kernels`, { name: 'python3' }, 201));
      const notebook = await openNotebook(base, kernel.id, await person.edgeHeaders());
      return {
        ...notebook,
        async end() {
          await notebook.close();
          await call('DELETE', `${base}/api/kernels/${kernel.id}`, null, 204);
        },
      };
    },
  };
}

/** Fills a kernel's memory, and gives what its data is known by. */
export async function fill(notebook: Notebook): Promise<string> {
  return (await notebook.run(makeState)).printed.trim();
}

/** The first cell after a resume: it uses pandas, and a part of the data. */
export const nextCell = 'count += 1\nprint(count, frame["second"].head(100).mean() > 0)';
export const firstCell = 'print(41 + 1)';
export const checkCell = 'print(checksum() == known, known)';
