import { expect, test } from 'vitest';
import { answerHeader, errno, FuseSplitter, lookedUpName, opcode, readWanted } from './fuse-wire.ts';

function message(asked: number, unique: bigint, body: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt32LE(40 + body.length, 0);
  header.writeUInt32LE(asked, 4);
  header.writeBigUInt64LE(unique, 8);
  header.writeBigUInt64LE(1n, 16);
  return Buffer.concat([header, body]);
}

test('messages are found wherever the pipe has cut them', () => {
  const sent = Buffer.concat([
    message(opcode.lookup, 1n, Buffer.from('12\0')),
    message(opcode.release, 2n, Buffer.alloc(24)),
    message(opcode.lookup, 3n, Buffer.from('a longer name\0')),
  ]);
  for (let cut = 0; cut <= sent.length; cut++) {
    const heard: [bigint, string][] = [];
    const splitter = new FuseSplitter();
    for (const chunk of [sent.subarray(0, cut), sent.subarray(cut)])
      splitter.push(chunk, ({ unique, opcode: asked, body }) =>
        heard.push([unique, asked === opcode.lookup ? lookedUpName(body) : '']),
      );
    expect(heard).toEqual([
      [1n, '12'],
      [2n, ''],
      [3n, 'a longer name'],
    ]);
  }
});

test('a message that says it is shorter than its header ends the conversation', () => {
  expect(() => new FuseSplitter().push(Buffer.alloc(40), () => undefined)).toThrow(/0 bytes/);
});

test('offsets beyond 4 GiB are read whole, and a refusal says its number', () => {
  const body = Buffer.alloc(40);
  body.writeBigUInt64LE(5n * 1024n ** 3n, 8);
  body.writeUInt32LE(4096, 16);
  expect(readWanted(body)).toEqual({ offset: 5 * 1024 ** 3, bytes: 4096 });
  expect(answerHeader(7n, 0, errno.io).readInt32LE(4)).toBe(-5);
});
