/** Random trees: captured, the host's directory deleted, materialised on an empty host: the same tree. */
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { hostIdSchema, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openRoot } from './live/beneath.ts';
import { setExactTimes } from './live/exact-times.ts';
import { startTestHost } from './test-volumes.ts';
import { nameFromBytes, nameToBytes } from './tree/name.ts';

type Item =
  | { type: 'file'; bytes: Uint8Array; mode: number; mtimeNs: bigint }
  | { type: 'link'; target: Buffer; mtimeNs: bigint }
  | { type: 'directory'; mode: number; mtimeNs: bigint; items: [Buffer, Item][] };

const mtimeNs = fc.bigInt({ min: 0n, max: 4_000_000_000_123_456_789n });
const reserved = /^\.cellbook-/;
const name = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).map((text) => Buffer.from(text)),
    fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('a\nb', ' ', '-rf', '~', '...', '\\', '%2F', 'é', 'e\u0301')
      .map((text) => Buffer.from(text)),
  )
  .filter((bytes) => !bytes.includes(0) && !bytes.includes(0x2f) && bytes.length < 256)
  .filter(
    (bytes) => !['.', '..'].includes(bytes.toString('latin1')) && !reserved.test(bytes.toString('latin1')),
  );
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 3_000 }),
  fc.constantFrom(0, 1, 1_024, 1_025, 1_048_576, 1_048_577, 2_500_000).map((size) => new Uint8Array(size)),
  fc.constantFrom(1_048_576, 2_097_153).map((size) => new Uint8Array(size).fill(7)),
);
const file = fc.record({ type: fc.constant('file' as const), bytes, mode: fc.nat(0o7777), mtimeNs });
const target = fc.uint8Array({ minLength: 1, maxLength: 40 }).filter((raw) => !raw.includes(0));
const link = fc.record({
  type: fc.constant('link' as const),
  target: target.map((raw) => Buffer.from(raw)),
  mtimeNs,
});
const { directory } = fc.letrec<{ directory: Item; item: Item }>((tie) => ({
  item: fc.oneof({ maxDepth: 3, depthSize: 'small' }, file, link, tie('directory')),
  directory: fc.record({
    type: fc.constant('directory' as const),
    mode: fc.nat(0o777).map((mode) => mode | 0o700),
    mtimeNs,
    items: fc.uniqueArray(fc.tuple(name, tie('item')), {
      maxLength: 6,
      selector: ([raw]) => raw.toString('latin1'),
    }),
  }),
}));

const at = (folder: Buffer, raw: Buffer) => Buffer.concat([folder, Buffer.from('/'), raw]);

/** Makes the tree; gives its times, deepest first, to be set when nothing changes any more. */
function make(
  folder: Buffer,
  items: [Buffer, Item][],
  path: string[],
): { path: string[]; mtimeNs: string }[] {
  return items.flatMap(([raw, item]) => {
    const here = at(folder, raw);
    const names = [...path, nameFromBytes(raw)];
    const times = [{ path: names, mtimeNs: String(item.mtimeNs) }];
    if (item.type === 'link') symlinkSync(item.target, here);
    else if (item.type === 'file') writeFileSync(here, item.bytes);
    else mkdirSync(here);
    return item.type === 'directory' ? [...make(here, item.items, names), ...times] : times;
  });
}

async function setModes(folder: Buffer, items: [Buffer, Item][]): Promise<void> {
  for (const [raw, item] of items) {
    if (item.type === 'directory') await setModes(at(folder, raw), item.items);
    if (item.type !== 'link') await chmod(at(folder, raw), item.mode);
  }
}

/** Everything that must come back, as text that can be compared. */
function describe(folder: Buffer): string[] {
  const names = readdirSync(folder, { encoding: 'buffer' }).map((raw) => Buffer.from(raw));
  return names.sort(Buffer.compare).flatMap((raw) => {
    const here = at(folder, raw);
    const stats = lstatSync(here, { bigint: true });
    const head = `${raw.toString('hex')} ${(stats.mode & 0o177777n).toString(8)} ${stats.mtimeNs} ${stats.uid}`;
    if (stats.isSymbolicLink())
      return [`${head} -> ${readlinkSync(here, { encoding: 'buffer' }).toString('hex')}`];
    if (stats.isFile()) return [`${head} ${readFileSync(here).toString('base64')}`];
    return [head, ...describe(here).map((line) => `  ${line}`)];
  });
}

test('any tree comes back on an empty host: names, bytes, modes, links and times to the nanosecond', async () => {
  const { signal } = new AbortController();
  const first = await startTestHost();
  const { manifests, objects } = first.parts;
  const second = await startTestHost({ manifests, objects, host: hostIdSchema.parse('eu-1-b') });
  await fc.assert(
    fc.asyncProperty(directory, async (tree) => {
      if (tree.type !== 'directory') return;
      const id = newWorkspaceId(systemRandom);
      await first.volumes.create(id);
      const { directory: one } = await first.volumes.attach(id, 1, signal);
      const times = make(Buffer.from(one), tree.items, []);
      await setModes(Buffer.from(one), tree.items);
      const root = await openRoot(one);
      await setExactTimes(root, times);
      await root.close();
      const report = await first.volumes.flush(id, 1, signal);
      const before = describe(Buffer.from(one)).map(withoutOwner);
      await rm(one, { recursive: true });
      const { directory: two } = await second.volumes.attach(id, 2, signal);
      expect(report.skipped).toEqual([]);
      expect(describe(Buffer.from(two)).map(withoutOwner)).toEqual(before);
      const owners = describe(Buffer.from(two)).map((line) => line.trim().split(' ')[3]);
      if (process.getuid?.() === 0) expect(owners.every((uid) => uid === '1000')).toBe(true);
      await second.volumes.detach(id, 2);
    }),
    { numRuns: 30 },
  );
  await first.close();
  await second.close();
}, 120_000);

/** The test made its files as whoever runs it. */
function withoutOwner(line: string): string {
  const [, indent = '', body = ''] = /^(\s*)(.*)$/.exec(line) ?? [];
  return indent + body.split(' ').toSpliced(3, 1).join(' ');
}

test('every name of bytes has one string, and comes back from it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (raw) => {
      expect(nameToBytes(nameFromBytes(Buffer.from(raw)))).toEqual(Buffer.from(raw));
    }),
    { numRuns: 2_000 },
  );
});

test('every text is the name of its own bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      expect(nameFromBytes(nameToBytes(text))).toBe(text);
    }),
  );
});
