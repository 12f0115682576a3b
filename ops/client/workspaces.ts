import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { type Phase, type Workspace, workspaceSchema } from '@cellbook/shared/protocol/workspace.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { waitUntil } from '../up/wait-until.ts';
import { callJson } from './http.ts';

export interface Workspaces {
  create(name: string): Promise<Workspace>;
  get(id: WorkspaceId): Promise<Workspace>;
  suspend(id: WorkspaceId): Promise<Workspace>;
  resume(id: WorkspaceId): Promise<Workspace>;
  delete(id: WorkspaceId): Promise<void>;
  /** Waits until it is in that phase. */
  reaches(id: WorkspaceId, phase: Phase): Promise<Workspace>;
}

const phaseDeadlineMs = 90_000;

/** The lifecycle API as a client with a token sees it. */
export function workspaceClient(deps: {
  origin: string;
  token: string;
  clock: Clock;
  random: Random;
}): Workspaces {
  const { origin, token, clock, random } = deps;
  const send = (method: 'GET' | 'POST' | 'DELETE', path: string, json?: unknown) => {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (method !== 'GET') headers['idempotency-key'] = random.uuid();
    return callJson(origin, { method, path: `/v1/workspaces${path}`, headers, json });
  };
  const get = async (id: WorkspaceId) => workspaceSchema.parse(await send('GET', `/${id}`));
  return {
    get,
    create: async (name) => workspaceSchema.parse(await send('POST', '', { name })),
    suspend: async (id) => workspaceSchema.parse(await send('POST', `/${id}/suspend`)),
    resume: async (id) => workspaceSchema.parse(await send('POST', `/${id}/resume`)),
    delete: async (id) => void (await send('DELETE', `/${id}`)),
    reaches(id, phase) {
      const inPhase = async () => {
        const workspace = await get(id);
        return workspace.phase === phase ? workspace : null;
      };
      return waitUntil(inPhase, {
        clock,
        deadlineMs: phaseDeadlineMs,
        what: `workspace ${id} to be ${phase}`,
      });
    },
  };
}
