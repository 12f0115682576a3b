/** Upgrades of wire/link-protocol.ts: checks key, epoch and sandbox, then joins the connection and the port. */
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { LocalSandboxHost } from '../local-sandbox-host.ts';
import type { ServerTls } from '../tls/server-tls.ts';
import { linkQuerySchema } from '../wire/commands.ts';
import { linkUpgrade } from '../wire/link-protocol.ts';
import { toWire } from '../wire/wire-error.ts';
import { admit } from './admit.ts';
import type { PortedSandbox } from './connect-port.ts';

export interface LinkServerParts {
  host: LocalSandboxHost<PortedSandbox>;
  key: string;
  tls?: ServerTls | null;
}

export function acceptLinks(server: Server, { host, key, tls = null }: LinkServerParts): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      admit(request, { key, tls });
      const { port } = findSandbox(host, request);
      if ('setNoDelay' in socket && typeof socket.setNoDelay === 'function') socket.setNoDelay(true);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${linkUpgrade}\r\nConnection: Upgrade\r\n\r\n`,
      );
      if (head.length > 0) socket.unshift(head);
      port.attach(socket);
    } catch (thrown) {
      refuse(socket, toCellbookError(thrown, 'connecting to a sandbox'));
    }
  });
}

function findSandbox(host: LocalSandboxHost<PortedSandbox>, { url = '', headers }: IncomingMessage) {
  const { pathname, searchParams } = new URL(url, 'http://host');
  const workspaceId = workspaceIdSchema.safeParse(pathname.split('/')[3]);
  const query = linkQuerySchema.safeParse(Object.fromEntries(searchParams));
  const isLink = headers.upgrade === linkUpgrade && pathname.endsWith('/link');
  if (!isLink || !workspaceId.success || !query.success) throw notALink();
  const { epoch, sandbox: sandboxId } = query.data;
  refuseOlderEpoch(epoch, host.epochOf(workspaceId.data), 'the link of a sandbox', {
    workspaceId: workspaceId.data,
  });
  const sandbox = host.current(workspaceId.data);
  if (sandbox?.id !== sandboxId || sandbox.epoch !== epoch) throw notThere(workspaceId.data);
  return sandbox;
}

function refuse(socket: Duplex, error: CellbookError): void {
  const body = JSON.stringify(toWire(error));
  const status = `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Refused'}`;
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${status}\r\n${headers}\r\nconnection: close\r\n\r\n${body}`);
}

const notALink = (): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'upgrading a connection',
    problem: 'it asks for nothing that is here',
  });

const notThere = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('gone', {
    doing: `connecting to the sandbox of workspace ${workspaceId}`,
    problem: 'it is not here under this epoch',
    next: 'Adopt it first, or start another.',
    ids: { workspaceId },
  });
