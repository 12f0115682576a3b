/** For tests: a user of a cell's process, by REST and by a kernel's real socket. */
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import type { CellProcess } from '../../testing/cell-process.ts';

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

export interface Followed {
  printed(): string;
  /** Resolves with everything printed when the reply has come. */
  finished: Promise<string>;
  close(): void;
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

  function follow(workspaceId: string, kernelId: string, code: string): Followed {
    const session = crypto.randomUUID();
    const messageId = crypto.randomUUID();
    const done = Promise.withResolvers<string>();
    const missing = new Set(['reply', 'idle']);
    let printed = '';
    let socket: WebSocket | null = null;
    let isSent = false;
    let isClosed = false;
    async function connect(): Promise<void> {
      if (isClosed) return;
      const path = `/w/${workspaceId}/api/kernels/${kernelId}/channels?session_id=${session}`;
      const opened = new WebSocket(`${cell.url.replace('http', 'ws')}${path}`, {
        headers: await cell.headers(),
      });
      socket = opened;
      opened.on('open', () => {
        if (isSent) return;
        isSent = true;
        const header = {
          msg_id: messageId,
          msg_type: 'execute_request',
          session,
          username: '',
          version: '5.3',
        };
        const content = { code, silent: false, store_history: true, allow_stdin: false, stop_on_error: true };
        opened.send(JSON.stringify({ channel: 'shell', header, parent_header: {}, metadata: {}, content }));
      });
      opened.on('message', (data) => {
        const message = JSON.parse(data.toString());
        if (message.parent_header?.msg_id !== messageId) return;
        if (message.msg_type === 'stream') printed += message.content.text;
        if (message.msg_type === 'error') done.reject(new Error(message.content.evalue));
        // Reply and output come over sockets of their own: both have to have ended.
        if (message.msg_type === 'execute_reply') missing.delete('reply');
        if (message.content.execution_state === 'idle') missing.delete('idle');
        if (missing.size === 0) done.resolve(printed);
      });
      // As JupyterLab does: it comes back until it is told to stop.
      opened.on('error', () => {});
      opened.on('close', () => setTimeout(() => void connect(), 100));
    }
    void connect();
    return {
      printed: () => printed,
      finished: done.promise,
      close() {
        isClosed = true;
        socket?.terminate();
      },
    };
  }

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
