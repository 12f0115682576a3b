/** The lifecycle API of the cell under test, and how many requests are under way to it at a time. */
import { z } from 'zod';
import type { Person } from './people.ts';

export interface Owned {
  id: string;
  owner: Person;
}

const workspaceSchema = z.object({ id: z.string() });

export interface CellClient {
  create(owner: Person): Promise<Owned>;
  ask(workspace: Owned, intent: 'resume' | 'suspend'): Promise<void>;
  /** The write whose latency is measured. */
  rename(workspace: Owned, name: string): Promise<void>;
}

export function cellClient(url: string): CellClient {
  async function write(method: string, path: string, owner: Person, body?: object): Promise<unknown> {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(await owner.headers()),
        'idempotency-key': crypto.randomUUID(),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} gave ${response.status}: ${text}`);
    return JSON.parse(text);
  }
  return {
    async create(owner) {
      const { id } = workspaceSchema.parse(await write('POST', '/v1/workspaces', owner, { name: 'bench' }));
      return { id, owner };
    },
    async ask({ id, owner }, intent) {
      await write('POST', `/v1/workspaces/${id}/${intent}`, owner);
    },
    async rename({ id, owner }, name) {
      await write('PATCH', `/v1/workspaces/${id}`, owner, { name });
    },
  };
}

/** Runs `work` over all items, `width` at a time; the first failure ends it. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
