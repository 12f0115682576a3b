/** Both ends of the framing against each other: the supervisor's Python reads what the cell writes, and back. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { supervisorSource } from '../supervisor-files.ts';
import { buildFrame } from '../testing/kernel-client.ts';
import { encodeEnvelope, FrameDecoder, frameHeader, frameType } from './frames.ts';

/** Reads lines of `[base64 bytes, cuts]`, answers each with the frames it found or the name of the refusal. */
const program = `
import base64, json, sys
sys.path.insert(0, sys.argv[1])
from cellbook_supervisor import frames, kernel_message
for line in sys.stdin:
    kind, text, cuts = json.loads(line)
    data = base64.b64decode(text)
    try:
        if kind == "kernel":
            channel, parts = kernel_message.parse_frame(data)
            out = b"".join(kernel_message.frame_parts(channel, parts))
            print(json.dumps({"same": out == data, "parts": len(parts)}))
            continue
        decoder, found, at = frames.Decoder(), [], 0
        for cut in [*sorted(c % (len(data) + 1) for c in cuts), len(data)]:
            found += decoder.feed(data[at:cut]); at = max(at, cut)
        print(json.dumps({"frames": [[k, f, q, s, base64.b64encode(p).decode()] for k, f, q, s, p in found]}))
    except (frames.MalformedFrame, kernel_message.MalformedMessage) as error:
        print(json.dumps({"refused": type(error).__name__}))
`;

function ask(
  questions: Array<[kind: 'link' | 'kernel', bytes: Uint8Array, cuts: number[]]>,
): Array<Record<string, unknown>> {
  const input = questions.map(([kind, bytes, cuts]) =>
    JSON.stringify([kind, Buffer.from(bytes).toString('base64'), cuts]),
  );
  const argv = ['-I', '-c', program, join(supervisorSource)];
  const output = execFileSync('/usr/bin/python3', argv, {
    input: input.join('\n'),
    maxBuffer: 64 * 1024 * 1024,
  });
  return output
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const fromCell = fc.record({
  type: fc.constantFrom(1, 2, 3, 4, 5),
  stream: fc.nat({ max: 0xffffffff }),
  payload: fc.uint8Array({ maxLength: 100 }),
});
const cuts = fc.array(fc.nat(), { maxLength: 8 });

describe('the supervisor', () => {
  it('reads what the cell writes, however the bytes are cut', () => {
    const samples = fc.sample(fc.tuple(fc.array(fromCell, { minLength: 1, maxLength: 6 }), cuts), 300);
    const answers = ask(
      samples.map(([frames, at]) => {
        const parts = frames.flatMap(({ type, stream, payload }, index) => [
          frameHeader(type, stream, index + 1, payload.length),
          payload,
        ]);
        return ['link', Buffer.concat(parts), at];
      }),
    );
    samples.forEach(([frames], index) => {
      const expected = frames.map(({ type, stream, payload }, seq) => [
        type,
        0,
        seq + 1,
        stream,
        Buffer.from(payload).toString('base64'),
      ]);
      expect(answers[index]).toEqual({ frames: expected });
    });
  });

  it('refuses or reads any bytes whatsoever, and never fails otherwise', () => {
    const bytes = fc.sample(fc.uint8Array({ maxLength: 80 }), 500);
    const answers = ask([
      ...bytes.map((each): ['link', Uint8Array, number[]] => ['link', each, []]),
      ...bytes.map((each): ['kernel', Uint8Array, number[]] => ['kernel', each, []]),
    ]);
    expect(answers.length).toBe(1000);
    for (const answer of answers) expect(Object.keys(answer)[0]).toMatch(/^(frames|refused|same)$/);
  });

  it('gives back kernel frames byte for byte', () => {
    const samples = fc.sample(
      fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 4, maxLength: 8 }),
      100,
    );
    const answers = ask(samples.map((parts) => ['kernel', buildFrame('shell', parts), []]));
    expect(answers).toEqual(samples.map(({ length }) => ({ same: true, parts: length })));
  });

  it('refuses an unknown type below 128, a step back, dirty reserved bytes and an oversized frame', () => {
    const dirty = frameHeader(frameType.request, 1, 1, 0);
    dirty[6] = 1;
    const oversized = frameHeader(frameType.request, 1, 1, 0);
    oversized.writeUInt32LE(0xffffffff, 0);
    const again = Buffer.concat([
      frameHeader(frameType.quiesce, 1, 2, 0),
      frameHeader(frameType.quiesce, 1, 2, 0),
    ]);
    const bad = [frameHeader(99, 1, 1, 0), again, dirty, oversized];
    for (const answer of ask(bad.map((each) => ['link', each, []])))
      expect(answer).toEqual({ refused: 'MalformedFrame' });
    expect(ask([['link', frameHeader(200, 1, 1, 0), []]])).toEqual([{ frames: [] }]);
  });

  it('writes what the cell reads', () => {
    const write = `
import sys
sys.path.insert(0, sys.argv[1])
from cellbook_supervisor import frames
for seq in range(1, 4):
    payload = frames.envelope({"seq": seq}, b"raw" * seq)
    sys.stdout.buffer.write(frames.HEADER.pack(len(payload), frames.RESPONSE, 1, 0, seq, seq * 7) + payload)
`;
    const bytes = execFileSync('/usr/bin/python3', ['-I', '-c', write, supervisorSource]);
    const seen: unknown[] = [];
    new FrameDecoder().push(bytes, ({ type, flags, stream, payload }) =>
      seen.push([type, flags, stream, payload]),
    );
    const expected = [1, 2, 3].map((seq) => [
      frameType.response,
      1,
      seq * 7,
      encodeEnvelope({ seq }, Buffer.from('raw'.repeat(seq))),
    ]);
    expect(seen).toEqual(expected);
  });
});
