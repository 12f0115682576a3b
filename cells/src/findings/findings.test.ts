import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import type { Finding } from '@cellbook/shared/protocol/findings-api.ts';
import { seededRandom, systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { Findings } from './findings.ts';
import { createMemoryFindingStore } from './memory-finding-store.ts';
import { planted } from './planted.ts';
import { createScanner, type Scanner } from './scanner.ts';

const id = newWorkspaceId(seededRandom(4));
const [first] = planted;
const code = Buffer.from(first?.code ?? '');
const finding: Finding = { rule: 'a/B', cell: null, part: 'text', line: 1, hint: '…' };

function findingsBy(scan: Scanner['scan']) {
  const clock = new ManualClock();
  const store = createMemoryFindingStore();
  const heard: [path: string, count: number][] = [];
  const findings = new Findings({
    scanner: { scan, close: async () => {} },
    store,
    clock,
    log: silentLogger,
  });
  findings.onFlagged((_workspaceId, path, found) => void heard.push([path, found.length]));
  return { clock, store, heard, findings };
}

describe('a save', () => {
  it('is answered with what was found, marked and told; and told once more when it is clean again', async () => {
    let found = [finding];
    const { findings, heard, store } = findingsBy(async () => found);
    expect(await findings.saved(id, { path: 'a.py', bytes: code })).toEqual({
      state: 'scanned',
      findings: [finding],
    });
    expect(await store.list(id)).toHaveLength(1);
    found = [];
    await findings.saved(id, { path: 'a.py', bytes: code });
    await findings.saved(id, { path: 'a.py', bytes: code });
    expect(await store.list(id)).toEqual([]);
    expect(heard).toEqual([
      ['a.py', 1],
      ['a.py', 0],
    ]);
  });

  it('does not wait longer than its budget: the mark and the event follow', async () => {
    const { promise, resolve } = Promise.withResolvers<Finding[]>();
    const { findings, heard, clock } = findingsBy(() => promise);
    const answer = findings.saved(id, { path: 'slow.py', bytes: code });
    await clock.advance(limits.findings.answerMs);
    expect(await answer).toEqual({ state: 'pending' });
    resolve([finding]);
    await clock.advance(0);
    expect(heard).toEqual([['slow.py', 1]]);
  });

  it('stands when the scanner or the store fails', async () => {
    const failing = findingsBy(() => Promise.reject(new Error('a rule failed')));
    expect(await failing.findings.saved(id, { path: 'a.py', bytes: code })).toEqual({ state: 'skipped' });
    const { findings, store } = findingsBy(async () => [finding]);
    store.replace = () => Promise.reject(new Error('the store is away'));
    store.move = () => Promise.reject(new Error('the store is away'));
    expect(await findings.saved(id, { path: 'a.py', bytes: code })).toEqual({ state: 'skipped' });
    await findings.moved(id, 'a.py', 'b.py');
  });

  it('saved again and again meanwhile is scanned once more, with what it has then', async () => {
    const seen: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const { findings, clock } = findingsBy(async (_workspaceId, { bytes }) => {
      seen.push(Buffer.from(bytes).toString());
      await promise;
      return [];
    });
    const save = (text: string) => findings.saved(id, { path: 'a.py', bytes: Buffer.from(text) });
    const saves = [save('1')];
    await clock.advance(0);
    saves.push(save('2'), save('3'), save('4'));
    resolve();
    await Promise.all(saves);
    expect(seen).toEqual(['1', '4']);
  });

  it('that is too large, or comes when too much waits, is not looked at', async () => {
    const { promise, resolve } = Promise.withResolvers<Finding[]>();
    const { findings, clock } = findingsBy(() => promise);
    const { scanBytesMax, waitingBytesMax, waitingBytesPerWorkspaceMax } = limits.findings;
    const save = (of: WorkspaceId, path: string, length = scanBytesMax) =>
      findings.saved(of, { path, bytes: Buffer.alloc(length) });
    expect(await save(id, 'big.py', scanBytesMax + 1)).toEqual({ state: 'skipped' });
    const ofEach = waitingBytesPerWorkspaceMax / scanBytesMax;
    const workspaces = [id, ...Array.from({ length: 3 }, () => newWorkspaceId(systemRandom))];
    expect(workspaces.length * waitingBytesPerWorkspaceMax).toBe(waitingBytesMax);
    const waiting = workspaces.flatMap((of) =>
      Array.from({ length: ofEach }, (_, index) => save(of, `${index}.py`)),
    );
    await clock.advance(0);
    expect(await save(id, 'one-more.py', 1)).toEqual({ state: 'skipped' });
    expect(await save(newWorkspaceId(systemRandom), 'one-more.py', 1)).toEqual({ state: 'skipped' });
    resolve([]);
    await Promise.all(waiting);
    expect(await save(id, 'later.py')).toEqual({ state: 'scanned', findings: [] });
  });

  it('does not wait for all that another workspace has saved', async () => {
    const { promise, resolve } = Promise.withResolvers<Finding[]>();
    const { findings, clock } = findingsBy(() => promise);
    const { scanBytesMax, waitingBytesPerWorkspaceMax } = limits.findings;
    const fitting = waitingBytesPerWorkspaceMax / scanBytesMax;
    const bytes = Buffer.alloc(scanBytesMax);
    const theirs = Array.from({ length: fitting + 1 }, (_, at) =>
      findings.saved(id, { path: `${at}.py`, bytes }),
    );
    await clock.advance(0);
    expect(await theirs.at(-1)).toEqual({ state: 'skipped' });
    const ours = findings.saved(newWorkspaceId(systemRandom), { path: 'a.py', bytes });
    resolve([]);
    expect(await ours).toEqual({ state: 'scanned', findings: [] });
    await Promise.all(theirs);
  });
});

describe('the scanner', () => {
  const scanner = createScanner(systemClock);
  afterAll(() => scanner.close());

  it('scans in its thread, one after the other', async () => {
    const files = ['a.py', 'b.py', 'c.ipynb'].map((path) => ({ path, bytes: code }));
    const all = await Promise.all(files.map((file) => scanner.scan(id, file)));
    expect(all.map((found) => found.map(({ rule }) => rule))).toEqual(Array(3).fill(['github/GITHUB_TOKEN']));
  });

  it.each([
    ['ends', 'process.exit(1)', 'internal'],
    ['answers what is no finding', 'parentPort.postMessage([{ rule: 7 }])', null],
    ['fails', 'throw new Error("x")', 'internal'],
  ])('whose thread %s refuses that file, and scans on with a new one', async (_what, does, code) => {
    const program = `const { parentPort } = require("node:worker_threads");
      parentPort.on("message", ({ path }) => { if (path === "bad") { ${does} } else parentPort.postMessage([]); });`;
    const odd = createScanner(
      systemClock,
      new URL(
        `data:text/javascript,${encodeURIComponent(`import { createRequire } from "node:module"; const require = createRequire("/"); ${program}`)}`,
      ),
    );
    const scanning = odd.scan(id, { path: 'bad', bytes: Buffer.alloc(0) });
    await (code === null
      ? expect(scanning).rejects.toThrow()
      : expect(scanning).rejects.toMatchObject({ code }));
    expect(await odd.scan(id, { path: 'good', bytes: Buffer.alloc(0) })).toEqual([]);
    await odd.close();
    await expect(odd.scan(id, { path: 'good', bytes: Buffer.alloc(0) })).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it.each(['throw new Error("late")', 'process.exit(1)'])(
    'scans on with a new thread after one that ends between two files: %s',
    async (does) => {
      const ended = join(tmpdir(), `cellbook-scan-${systemRandom.uuid()}`);
      const program = `import { writeFileSync } from "node:fs"; import { parentPort } from "node:worker_threads";
        process.on("exit", () => writeFileSync(${JSON.stringify(ended)}, ""));
        parentPort.on("message", ({ path }) => {
          parentPort.postMessage([]);
          if (path === "last.py") setImmediate(() => { ${does} });
        });`;
      const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
      // Its deadline never comes: a scan that waits for a thread that is gone would wait for ever.
      const odd = createScanner(new ManualClock(), url);
      expect(await odd.scan(id, { path: 'last.py', bytes: Buffer.alloc(0) })).toEqual([]);
      await eventually(() => existsSync(ended)).toBe(true);
      // That it has ended is told some turns of the event loop later.
      for (let turn = 0; turn < 1_000; turn++) await new Promise((resolve) => setImmediate(resolve));
      const next = () => odd.scan(id, { path: 'next.py', bytes: Buffer.alloc(0) });
      await eventually(() => next().catch(({ code }: { code: string }) => code)).toEqual([]);
      await odd.close();
      await rm(ended);
    },
  );

  it('gives up a scan that takes too long together with its thread', async () => {
    const clock = new ManualClock();
    const stuck = createScanner(clock, new URL('data:text/javascript,setInterval(() => {}, 1000)'));
    const scanning = stuck.scan(id, { path: 'a.py', bytes: code }).catch((error: unknown) => error);
    await clock.advance(0);
    await clock.advance(limits.findings.scanMs);
    expect(await scanning).toMatchObject({ code: 'command_timeout' });
    await stuck.close();
  });
});
