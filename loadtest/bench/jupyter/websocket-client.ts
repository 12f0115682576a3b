/** A client on a kernel's `channels` WebSocket, as JupyterLab opens it. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type EchoClient, payload } from '../measure/clients.ts';
import { encodeV1, executeRequest, partOfV1, v1Subprotocol } from './messages.ts';
import { OutstandingRequest } from './outstanding-request.ts';

export async function connectWebSocketClient(
  channelsUrl: string,
  headers: Record<string, string>,
): Promise<EchoClient> {
  const session = randomUUID();
  const socket = new WebSocket(`${channelsUrl}?session_id=${session}`, [v1Subprotocol], {
    headers,
    perMessageDeflate: false,
    handshakeTimeout: 60_000,
  });
  const request = new OutstandingRequest();
  socket.on('message', (data: Buffer) => {
    request.saw(partOfV1(data, 1), partOfV1(data, 2), partOfV1(data, 4));
  });
  socket.on('close', (code) => request.fail(new Error(`the socket closed with ${code}`)));
  await once(socket, 'open');
  socket.on('error', (error) => request.fail(error));
  if (socket.protocol !== v1Subprotocol) throw new Error('the server did not take the v1 framing');
  return {
    roundTrip() {
      const { messageId, parts } = executeRequest(session, payload);
      const answered = request.start(messageId);
      socket.send(encodeV1('shell', parts));
      return answered;
    },
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, 'close');
      socket.close(1000);
      await closed;
    },
  };
}
