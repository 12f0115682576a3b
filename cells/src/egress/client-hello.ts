/**
 * The name in a TLS ClientHello (RFC 8446 §4.1.2, RFC 6066 §3): many sites share one address, and only this name
 * says which of them is asked. Pure.
 *
 *   record: 22 │ version u16 │ length u16 │ handshake: 1 │ length u24 │ version u16 │ random 32 │ session u8+ │
 *           cipher suites u16+ │ compression u8+ │ extensions u16+: type u16 │ length u16+ …
 *   extension 0: list u16+: 0 (host_name) │ name u16+
 */

export type ClientHello =
  /** More bytes are needed. */
  { is: 'short' } | { is: 'hello'; serverName: string | null } | { is: 'not-tls' };

const notTls: ClientHello = { is: 'not-tls' };
const recordHeaderBytes = 5;
const recordBytesMax = 16_384;

export function readClientHello(bytes: Buffer): ClientHello {
  if (bytes.length > 0 && bytes[0] !== 22) return notTls;
  if (bytes.length < recordHeaderBytes) return { is: 'short' };
  const length = bytes.readUInt16BE(3);
  // A hello in several records is legal and is what evades filters; no client of packages does it.
  if (bytes[1] !== 3 || length < 4 || length > recordBytesMax) return notTls;
  if (bytes.length < recordHeaderBytes + length) return { is: 'short' };
  const record = bytes.subarray(recordHeaderBytes, recordHeaderBytes + length);
  if (record[0] !== 1 || record.readUIntBE(1, 3) !== length - 4) return notTls;
  try {
    return { is: 'hello', serverName: serverNameOf(extensionsOf(record)) };
  } catch (error) {
    if (error instanceof RangeError) return notTls;
    throw error;
  }
}

function extensionsOf(record: Buffer): Buffer {
  let at = 4 + 2 + 32;
  at += 1 + record.readUInt8(at);
  at += 2 + record.readUInt16BE(at);
  at += 1 + record.readUInt8(at);
  return slice(record, at + 2, record.readUInt16BE(at));
}

function serverNameOf(extensions: Buffer): string | null {
  for (let at = 0; at < extensions.length; ) {
    const type = extensions.readUInt16BE(at);
    const body = slice(extensions, at + 4, extensions.readUInt16BE(at + 2));
    if (type === 0) {
      if (body.readUInt8(2) !== 0) return null;
      return slice(body, 5, body.readUInt16BE(3)).toString('latin1');
    }
    at += 4 + body.length;
  }
  return null;
}

/** Throws where it would be cut short. */
function slice(bytes: Buffer, at: number, length: number): Buffer {
  if (at + length > bytes.length) throw new RangeError('shorter than it says');
  return bytes.subarray(at, at + length);
}
