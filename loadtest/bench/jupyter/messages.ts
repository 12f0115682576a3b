/**
 * The little of the Jupyter protocol a load generator needs: an execute_request, its signature, and the
 * `v1.kernel.websocket.jupyter.org` framing. That frame is little-endian u64: the count n, then n offsets
 * from the start of the message, then the parts channel, header, parent_header, metadata, content.
 */
import { createHmac, randomUUID } from 'node:crypto';

export const v1Subprotocol = 'v1.kernel.websocket.jupyter.org';

export interface Request {
  messageId: string;
  /** header, parent_header, metadata, content */
  parts: Buffer[];
}

export function executeRequest(session: string, code: string): Request {
  return request(session, 'execute_request', {
    code,
    silent: false,
    store_history: true,
    user_expressions: {},
    allow_stdin: false,
    stop_on_error: true,
  });
}

export function kernelInfoRequest(session: string): Buffer[] {
  return request(session, 'kernel_info_request', {}).parts;
}

function request(session: string, messageType: string, content: object): Request {
  const messageId = randomUUID();
  const header = {
    msg_id: messageId,
    session,
    username: 'bench',
    date: new Date().toISOString(),
    msg_type: messageType,
    version: '5.4',
  };
  return { messageId, parts: [json(header), Buffer.from('{}'), Buffer.from('{}'), json(content)] };
}

export function sign(key: string, parts: readonly Buffer[]): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}

export function encodeV1(channel: string, parts: readonly Buffer[]): Buffer {
  const all = [Buffer.from(channel), ...parts];
  const head = Buffer.alloc(8 * (all.length + 2));
  head.writeBigUInt64LE(BigInt(all.length + 1), 0);
  let offset = head.length;
  all.forEach((part, index) => {
    head.writeBigUInt64LE(BigInt(offset), 8 * (index + 1));
    offset += part.length;
  });
  head.writeBigUInt64LE(BigInt(offset), 8 * (all.length + 1));
  return Buffer.concat([head, ...all], offset);
}

/** Part `index` of a v1 frame: 0 channel, 1 header, 2 parent_header, 3 metadata, 4 content. */
export function partOfV1(frame: Buffer, index: number): Buffer {
  const start = Number(frame.readBigUInt64LE(8 * (index + 1)));
  const end = Number(frame.readBigUInt64LE(8 * (index + 2)));
  return frame.subarray(start, end);
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
