/**
 * The older framing, for clients that agree on no subprotocol. A message without buffers is one text frame
 * of JSON `{header, parent_header, metadata, content, channel, buffers: []}`. One with buffers is binary:
 *
 *     u32 n | u32 offset × n | JSON | buffer × (n − 1)
 *
 * big-endian, offsets from the start, each part running to the next offset and the last to the end. Towards
 * the client the parts are spliced as they are; only a message from a client is parsed.
 */
import { isUtf8 } from 'node:buffer';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { channelOf, malformedFrame, part, type V1Frame, writeV1Frame } from './v1-frame.ts';

/** As it came: a copy, as of `z.record`, lacks a key named `__proto__`. */
const objectSchema = z.custom<object>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

const messageSchema = z.object({
  header: objectSchema,
  parent_header: objectSchema.nullish(),
  metadata: objectSchema.nullish(),
  content: z.unknown(),
  /** Absent means shell, as in jupyter_server. */
  channel: z.string().nullish(),
});

/** The v1 form of a client's message. Throws `malformed_frame`. */
export function legacyToV1(data: Buffer, isBinary: boolean): Buffer {
  const [json, ...buffers] = isBinary ? splitBinary(data) : [data];
  const message = parseMessage(json!);
  const text = (value: unknown) => Buffer.from(JSON.stringify(value ?? {}));
  const parts = [message.header, message.parent_header, message.metadata, message.content].map(text);
  return writeV1Frame(channelOf(message.channel ?? 'shell'), [...parts, ...buffers]);
}

/** The older form of a kernel's message; null when its parts are no UTF-8, which a text frame must be. */
export function v1ToLegacy({ channel, parts }: V1Frame): { data: Buffer; isBinary: boolean } | null {
  const [header, parentHeader, metadata, content] = parts as [Buffer, Buffer, Buffer, Buffer];
  if (![header, parentHeader, metadata, content].every(isUtf8)) return null;
  const json = Buffer.concat([
    Buffer.from(`{"header":`),
    header,
    Buffer.from(`,${topLevelIds(header)}"parent_header":`),
    parentHeader,
    Buffer.from(`,"metadata":`),
    metadata,
    Buffer.from(`,"content":`),
    content,
    Buffer.from(`,"buffers":[],"channel":"${channel}"}`),
  ]);
  const buffers = parts.slice(part.firstBuffer);
  return buffers.length === 0
    ? { data: json, isBinary: false }
    : { data: joinBinary([json, ...buffers]), isBinary: true };
}

/** jupyter_server repeats the header's msg_id and msg_type at the top; jupyter_client reads them there. */
function topLevelIds(header: Buffer): string {
  try {
    const { msg_id, msg_type } = z
      .object({ msg_id: z.string(), msg_type: z.string() })
      .parse(JSON.parse(header.toString()));
    return `"msg_id":${JSON.stringify(msg_id)},"msg_type":${JSON.stringify(msg_type)},`;
  } catch {
    return '';
  }
}

function parseMessage(json: Buffer): z.infer<typeof messageSchema> {
  try {
    return messageSchema.parse(JSON.parse(json.toString()));
  } catch (thrown) {
    throw malformedFrame('it is not a JSON object with a header', thrown);
  }
}

export function splitBinary(data: Buffer): Buffer[] {
  if (data.length < 4) throw malformedFrame('it is shorter than its own count of parts');
  const count = data.readUInt32BE(0);
  if (count < 1 || count > limits.gateway.frameBuffersMax + 1)
    throw malformedFrame(`it declares ${count} parts`);
  const tableEnd = 4 * (count + 1);
  if (data.length < tableEnd) throw malformedFrame('its table of offsets is cut short');
  const parts: Buffer[] = [];
  for (let index = 0; index < count; index++) {
    const start = data.readUInt32BE(4 * (index + 1));
    const end = index + 1 < count ? data.readUInt32BE(4 * (index + 2)) : data.length;
    if (start < tableEnd || end < start || end > data.length)
      throw malformedFrame(`offset ${index} is out of order or out of range`);
    parts.push(data.subarray(start, end));
  }
  return parts;
}

export function joinBinary(parts: readonly Buffer[]): Buffer {
  const table = Buffer.allocUnsafe(4 * (parts.length + 1));
  table.writeUInt32BE(parts.length, 0);
  let at = table.length;
  parts.forEach((bytes, index) => {
    table.writeUInt32BE(at, 4 * (index + 1));
    at += bytes.length;
  });
  return Buffer.concat([table, ...parts]);
}
