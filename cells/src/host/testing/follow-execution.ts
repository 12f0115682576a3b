/** For tests: a user's code in a kernel, by the kernel's real socket. */
import { WebSocket } from 'ws';

/** A cell that can be asked as one user. */
export interface Asked {
  url: string;
  headers(): Promise<Record<string, string>>;
}

export interface Followed {
  printed(): string;
  /** Resolves with everything printed when the reply has come. */
  finished: Promise<string>;
  close(): void;
}

export function followExecution(cell: Asked, workspaceId: string, kernelId: string, code: string): Followed {
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
