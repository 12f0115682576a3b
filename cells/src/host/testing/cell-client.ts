/** For tests: a user of a cell's process, by REST and by a kernel's real socket. */
import { expect } from 'vitest';
import type { CellProcess } from '../../testing/cell-process.ts';
import { type Followed, followExecution } from './follow-execution.ts';

export interface CellClient {
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  createWorkspace(): Promise<string>;
  startKernel(workspaceId: string): Promise<string>;
  untilPhase(workspaceId: string, phase: string): Promise<void>;
  /** Runs code and gives what it printed. */
  execute(workspaceId: string, kernelId: string, code: string): Promise<string>;
  /** Begins to run code; what it prints is collected over as many connections as it takes. */
  follow(workspaceId: string, kernelId: string, code: string): Followed;
}

export function cellClient(cell: CellProcess): CellClient {
  async function call(method: string, path: string, body?: unknown) {
    const headers = {
      ...(await cell.headers()),
      'idempotency-key': crypto.randomUUID(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const response = await fetch(`${cell.url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  }

  const follow = (workspaceId: string, kernelId: string, code: string): Followed =>
    followExecution({ url: cell.url, headers: () => cell.headers() }, workspaceId, kernelId, code);

  return {
    call,
    follow,
    async createWorkspace() {
      const made = await call('POST', '/v1/workspaces', { name: 'a story' });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      return String(made.body.id);
    },
    async startKernel(workspaceId) {
      const started = await call('POST', `/w/${workspaceId}/api/kernels`, { name: 'python3' });
      expect(started.status, JSON.stringify(started.body)).toBe(201);
      return String(started.body.id);
    },
    async untilPhase(workspaceId, phase) {
      const read = async () => (await call('GET', `/v1/workspaces/${workspaceId}`)).body.phase;
      await expect.poll(read, { timeout: 60_000, interval: 50 }).toBe(phase);
    },
    async execute(workspaceId, kernelId, code) {
      const followed = follow(workspaceId, kernelId, code);
      return followed.finished.finally(followed.close);
    },
  };
}
