import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, expect, test } from 'vitest';
import { createDiffer } from './differ.ts';

const id = newWorkspaceId(systemRandom);
const differ = createDiffer(systemClock);
afterAll(() => differ.close());
const text = (path: string, before: string, after: string) => ({
  ...{ path, before: Buffer.from(before), after: Buffer.from(after) },
});

test('compares in its thread, one after the other', async () => {
  const diffs = await Promise.all(
    ['x', 'y'].map((word) => differ.diff(id, text('a.txt', 'same\n', `same\n${word}\n`))),
  );
  expect(diffs.map((diff) => diff.kind === 'text' && diff.lines.at(-1))).toEqual([
    { op: 'added', text: 'x\n' },
    { op: 'added', text: 'y\n' },
  ]);
});

test('what is too large is refused by name, by its bytes before it reaches the thread, else by the thread', async () => {
  const huge = 'x'.repeat(limits.versions.diffBytesMax + 1);
  await expect(differ.diff(id, text('a.txt', huge, ''))).rejects.toMatchObject({ code: 'too_large' });
  const lines = '\n'.repeat(limits.versions.diffLinesMax + 1);
  await expect(differ.diff(id, text('a.txt', lines, ''))).rejects.toMatchObject({
    ...{ code: 'too_large', next: expect.stringMatching(/./) },
  });
});

test('one that takes too long is given up with its thread, and the next has a new one', async () => {
  const clock = new ManualClock();
  const program = `import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ path }) => {
      if (path === "stuck") for (;;);
      parentPort.postMessage({ diff: { kind: "binary", same: true, fromBytes: 0, toBytes: 0 } });
    });`;
  const odd = createDiffer(clock, new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  const stuck = odd.diff(id, text('stuck', '', '')).catch((error: unknown) => error);
  const waiting = odd.diff(id, text('next', '', ''));
  await clock.advance(0);
  await clock.advance(limits.versions.diffMs);
  expect(await stuck).toMatchObject({ code: 'command_timeout' });
  expect(await waiting).toMatchObject({ kind: 'binary' });
  await odd.close();
});

test('refuses what all workspaces together have waiting beyond a bound of bytes, and takes more when some is done', async () => {
  const answer = '{ diff: { kind: "binary", same: true, fromBytes: 0, toBytes: 0 } }';
  const program = `import { parentPort } from "node:worker_threads";
    parentPort.on("message", () => setImmediate(() => parentPort.postMessage(${answer})));`;
  const plain = createDiffer(systemClock, new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  const { diffBytesMax, waitingBytesMax } = limits.versions;
  const half = Buffer.alloc(diffBytesMax);
  const largest = () => plain.diff(newWorkspaceId(systemRandom), { path: 'a', before: half, after: half });
  const fitting = Array.from({ length: waitingBytesMax / (2 * diffBytesMax) }, largest);
  await expect(largest()).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 1_000 });
  await fitting[0];
  expect(await largest()).toMatchObject({ kind: 'binary' });
  await Promise.all(fitting);
  await plain.close();
});
