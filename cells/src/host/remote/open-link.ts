/** Connects to a running sandbox through its daemon (wire/link-protocol.ts). */
import { type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Relay, relaySchema } from '../../sandbox/link/relay.ts';
import type { SandboxOfEpoch } from '../wire/commands.ts';
import { linkUpgrade } from '../wire/link-protocol.ts';
import { fromWire, wireErrorSchema } from '../wire/wire-error.ts';
import type { HostClient } from './host-client.ts';

export interface OpenLink {
  relay: Relay;
  socket: Duplex;
}

/** Throws what the daemon refused with (`stale_epoch`, `gone`), or `host_unreachable`. */
export function openLink(
  client: HostClient,
  clock: Clock,
  workspaceId: WorkspaceId,
  sandbox: SandboxOfEpoch,
  parent: AbortSignal,
): Promise<OpenLink> {
  const doing = `connecting to the sandbox of workspace ${workspaceId}`;
  const details = { code: 'host_unreachable' as const, doing };
  const connect = async (signal: AbortSignal): Promise<OpenLink> => {
    const socket = await upgrade(client, workspaceId, sandbox, signal);
    const giveUp = () => socket.destroy();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const relay = relaySchema.parse(JSON.parse(await readGreeting(client, socket)));
      return { relay, socket };
    } catch (error) {
      // Otherwise the daemon would go on talking to a connection that nobody reads.
      socket.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  };
  return withDeadline(clock, limits.host.connectMsMax, details, connect, parent);
}

function upgrade(
  client: HostClient,
  workspaceId: WorkspaceId,
  { sandboxId, epoch }: SandboxOfEpoch,
  signal: AbortSignal,
): Promise<Duplex> {
  const url = `${client.url}/v1/workspaces/${workspaceId}/link?epoch=${epoch}&sandbox=${sandboxId}`;
  const headers = { ...client.headers, connection: 'Upgrade', upgrade: linkUpgrade };
  return new Promise((resolve, reject) => {
    const asking = client.tls
      ? requestTls(url, { headers, signal, ...client.tls.options, agent: false })
      : request(url, { headers, signal });
    asking.once('error', (error) => reject(client.failed(error)));
    asking.once('upgrade', (_response, socket: Socket, head: Buffer) => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, limits.host.connectMsMax);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asking.once('response', (response) => {
      readRefusal(response).then(reject, reject);
    });
    asking.end();
  });
}

async function readRefusal(response: IncomingMessage): Promise<CellbookError> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const refusal = wireErrorSchema.safeParse(JSON.parse(Buffer.concat(chunks).toString()));
  if (refusal.success) return fromWire(refusal.data);
  const problem = `the host answered ${response.statusCode}`;
  return new CellbookError('host_unreachable', { doing: 'connecting to a sandbox', problem });
}

/** The text that comes first; what follows it is left unread. */
function readGreeting(client: HostClient, socket: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);
    const stop = () => {
      socket.off('data', take).off('close', fail).off('error', fail);
      socket.pause();
    };
    const fail = () => {
      stop();
      reject(client.unreachable('the connection to the sandbox broke'));
    };
    const take = (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      const length = read.length < 4 ? 0 : read.readUInt32LE(0);
      if (length > limits.host.greetingBytesMax) return void socket.destroy();
      if (read.length < 4 || read.length < 4 + length) return;
      stop();
      if (read.length > 4 + length) socket.unshift(read.subarray(4 + length));
      resolve(read.toString('utf8', 4, 4 + length));
    };
    socket.on('data', take).once('close', fail).once('error', fail);
  });
}
