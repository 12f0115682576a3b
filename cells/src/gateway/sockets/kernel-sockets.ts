/**
 * `GET /api/kernels/{id}/channels?session_id=`: from an upgraded socket to its kernel and back. The
 * listeners are shared by all sockets and find theirs by the socket, so that an idle one costs little.
 */
import type { Random } from '@cellbook/shared/random.ts';
import type { RawData } from 'ws';
import { ClientSocket, type SocketOrigin } from '../channel/client-socket.ts';
import { v1Subprotocol } from '../frames/v1-frame.ts';
import type { Kernel } from '../kernels/kernel.ts';
import type { WorkspaceGateway } from '../workspace/workspace-gateway.ts';
import { bytesOf } from './bytes-of.ts';
import type { Connection } from './connection.ts';
import { type CodeRecording, RecordedCode, type RecordedSocket } from './recorded-code.ts';
import type { SocketSweep } from './socket-sweep.ts';

interface Open {
  client: ClientSocket;
  kernel: Kernel;
  workspace: WorkspaceGateway;
  sweep: SocketSweep;
  /** Where the organisation wants its code recorded. */
  code: RecordedCode | null;
}

const open = new WeakMap<Connection, Open>();

export interface KernelSocketRequest {
  workspace: WorkspaceGateway;
  kernel: Kernel;
  /** As the client named it; absent for one that cannot come back. */
  sessionId: string | undefined;
  origin: SocketOrigin;
  recording: CodeRecording | null;
}

export function acceptKernelSocket(
  socket: Connection,
  { workspace, kernel, sessionId, origin, recording }: KernelSocketRequest,
  { sweep, random }: { sweep: SocketSweep; random: Random },
): void {
  const isLegacy = socket.protocol !== v1Subprotocol;
  const client = new ClientSocket(socket, sessionId ?? random.uuid(), isLegacy, origin);
  const code = recording && new RecordedCode(recording, recordedSocket(socket, isLegacy, workspace));
  open.set(socket, { client, kernel, workspace, sweep, code });
  socket.on('error', onError);
  socket.on('message', onMessage);
  socket.on('closing', onClose);
  socket.on('close', onClose);
  sweep.add(socket);
  workspace.follower.clientBack(client.sessionId);
  kernel.attach(client);
}

function onMessage(this: Connection, data: RawData, isBinary: boolean): void {
  const found = open.get(this);
  if (!found) return;
  const { kernel, client, code } = found;
  const bytes = bytesOf(data);
  const deliver = () => kernel.receive(client, bytes, isBinary);
  if (code) code.receive(bytes, isBinary, deliver);
  else deliver();
}

function recordedSocket(socket: Connection, isLegacy: boolean, { log }: WorkspaceGateway): RecordedSocket {
  return {
    isLegacy,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    giveUp(error) {
      log.warn({ err: error }, 'code could not be recorded and was not run');
      socket.close(1012, 'the code could not be recorded');
      socket.resume();
    },
  };
}

/** What a page says when it goes; anything else is a connection that broke and may be back. */
const closedByPage = new Set([undefined, 1000, 1001, 1005]);

function onClose(this: Connection, code: number | undefined): void {
  const found = open.get(this);
  if (!found) return;
  open.delete(this);
  const { client, kernel, workspace, sweep } = found;
  sweep.remove(this);
  kernel.channel.detach(client);
  if (!kernel.channel.hasClient(client.sessionId))
    workspace.follower.clientGone(client.sessionId, closedByPage.has(code));
}

/** `ws` closes the socket itself; a listener must be there for that not to end the process. */
function onError(this: Connection, error: Error): void {
  open.get(this)?.workspace.log.info({ err: error }, 'a kernel socket failed');
}
