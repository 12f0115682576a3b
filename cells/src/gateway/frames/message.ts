/** Headers of Jupyter messages: reading the few fields that routing needs, and writing messages of our own. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type Channel, malformedFrame, part, type V1Frame, writeV1Frame } from './v1-frame.ts';

export interface Header {
  msgId: string;
  msgType: string;
  /** The client session that wrote it; null when it names none. */
  session: string | null;
}

/** A client's header. Throws `malformed_frame`: without an id and a type nothing can be routed. */
export function readHeader(frame: V1Frame): Header {
  const header = looseHeader(frame.parts[part.header]!);
  if (!header) throw malformedFrame('its header is no JSON object with msg_id and msg_type');
  return header;
}

/** A kernel's parent header; null when there is none, as in messages that answer nobody. */
export function readParent(frame: V1Frame): Header | null {
  return looseHeader(frame.parts[part.parentHeader]!);
}

export function looseHeader(bytes: Buffer): Header | null {
  if (bytes.length < 3 || bytes.length > limits.gateway.headerBytesMax) return null;
  const value = readJson(bytes);
  if (typeof value !== 'object' || value === null) return null;
  if (!('msg_id' in value) || !('msg_type' in value)) return null;
  if (typeof value.msg_id !== 'string' || typeof value.msg_type !== 'string') return null;
  const session = 'session' in value && typeof value.session === 'string' ? value.session : null;
  return { msgId: value.msg_id, msgType: value.msg_type, session };
}

/** The value, or undefined when the bytes are no JSON. */
export function readJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

export function readObject(bytes: Buffer): Record<string, unknown> {
  const value = readJson(bytes);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export interface OwnMessage {
  channel: Channel;
  msgType: string;
  content: Record<string, unknown>;
  /** The header being answered, byte for byte; null for a message that answers nobody. */
  parentHeader?: Buffer | null;
}

/** A message written by the cell in a kernel's name. */
export type Compose = (message: OwnMessage) => Buffer;

export function createCompose(clock: Clock, random: Random): Compose {
  const session = random.uuid();
  return ({ channel, msgType, content, parentHeader }) => {
    const header = {
      msg_id: random.uuid(),
      msg_type: msgType,
      session,
      username: 'cellbook',
      date: new Date(clock.nowMs()).toISOString(),
      version: '5.3',
    };
    return writeV1Frame(channel, [
      Buffer.from(JSON.stringify(header)),
      parentHeader ?? Buffer.from('{}'),
      Buffer.from('{}'),
      Buffer.from(JSON.stringify(content)),
    ]);
  };
}
