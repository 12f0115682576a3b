import { ManualClock } from '@cellbook/shared/clock.ts';
import { kernelIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { createLogger } from '@cellbook/shared/log.ts';
import { CellOutputs, linesOf } from '@cellbook/shared/notebook/cell-outputs.ts';
import { describe, expect, test } from 'vitest';
import { readV1Frame } from '../frames/v1-frame.ts';
import { frameOf } from '../testing/messages.ts';
import { type Notebook, placeOutputs } from './notebook-cells.ts';
import { OutputFollower } from './output-follower.ts';

function outputsOf(...messages: Array<[string, Record<string, unknown>]>) {
  const outputs = new CellOutputs();
  for (const [msgType, content] of messages) outputs.apply(msgType, content, JSON.stringify(content).length);
  return outputs;
}

const out = (text: string): [string, Record<string, unknown>] => ['stream', { name: 'stdout', text }];
const display = (value: string, id?: string): Record<string, unknown> => ({
  data: { 'text/plain': value },
  metadata: {},
  ...(id === undefined ? {} : { transient: { display_id: id } }),
});

describe('outputs as nbformat stores them', () => {
  test('streams of one name are merged, others start anew', () => {
    const { outputs } = outputsOf(out('a\n'), out('b'), ['stream', { name: 'stderr', text: 'c' }], out('d'));
    expect(outputs).toEqual([
      { output_type: 'stream', name: 'stdout', text: ['a\n', 'b'] },
      { output_type: 'stream', name: 'stderr', text: ['c'] },
      { output_type: 'stream', name: 'stdout', text: ['d'] },
    ]);
  });

  test('results, displays and errors keep their fields and lose what is transient', () => {
    const result = outputsOf(
      ['execute_input', { execution_count: 3 }],
      ['display_data', display('x', 'id')],
      ['execute_result', { ...display('y'), execution_count: 3 }],
      ['error', { ename: 'E', evalue: 'v', traceback: ['t'], status: 'error' }],
    );
    expect(result.executionCount).toBe(3);
    expect(result.outputs).toEqual([
      { output_type: 'display_data', data: { 'text/plain': 'x' }, metadata: {} },
      { output_type: 'execute_result', data: { 'text/plain': 'y' }, metadata: {}, execution_count: 3 },
      { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['t'] },
    ]);
  });

  test('clear_output clears at once, or when the next output comes', () => {
    expect(outputsOf(out('a'), ['clear_output', { wait: false }]).outputs).toEqual([]);
    const waiting = outputsOf(out('a'), ['clear_output', { wait: true }]);
    expect(waiting.outputs).toHaveLength(1);
    waiting.apply(...out('b'), 1);
    expect(waiting.outputs).toEqual([{ output_type: 'stream', name: 'stdout', text: ['b'] }]);
  });

  test('an update replaces every display of its id and nothing else', () => {
    const { outputs } = outputsOf(
      ['display_data', display('a', 'one')],
      ['display_data', display('b', 'two')],
      ['display_data', display('c', 'one')],
      ['update_display_data', display('z', 'one')],
      ['update_display_data', display('q')],
    );
    expect(outputs.map(({ data }) => data)).toEqual(
      ['z', 'b', 'z'].map((value) => ({ 'text/plain': value })),
    );
  });

  test('beyond the limit they end in a counted note', () => {
    const outputs = new CellOutputs(10);
    for (let index = 0; index < 5; index++) outputs.apply(...out('12345'), 5);
    expect(outputs.outputs).toHaveLength(2);
    expect(JSON.stringify(outputs.outputs[1])).toContain('3 more outputs');
  });

  test('lines keep their ends', () => {
    expect(linesOf('a\r\nb\n\nc')).toEqual(['a\r\n', 'b\n', '\n', 'c']);
    expect(linesOf('')).toEqual([]);
  });
});

describe('placing outputs in a notebook', () => {
  const result = { cellId: 'b', source: 'print(1)', outputs: [], executionCount: 7 };
  const code = (id: string | undefined, source: string | string[]) => ({
    cell_type: 'code',
    id,
    source,
    outputs: [1],
  });

  test('finds the cell by its id and changes no other', () => {
    const notebook = {
      cells: [code('a', 'x'), code('b', 'moved'), { cell_type: 'markdown', id: 'b' }],
      nbformat: 4,
    };
    const placed = placeOutputs(notebook, [result]);
    expect(placed).toEqual({
      ...notebook,
      cells: [
        notebook.cells[0],
        { ...notebook.cells[1], outputs: [], execution_count: 7 },
        notebook.cells[2],
      ],
    });
  });

  test('without ids on disk the one cell with that code is meant, and none when two have it', () => {
    expect(placeOutputs({ cells: [code(undefined, ['print', '(1)'])] }, [result])).not.toBeNull();
    expect(
      placeOutputs({ cells: [code(undefined, 'print(1)'), code(undefined, 'print(1)')] }, [result]),
    ).toBeNull();
  });

  test('a notebook without the cell, or that is none, is left alone', () => {
    for (const notebook of [{}, { cells: 'x' }, { cells: [null, 3, code('z', 'y')] }] as Notebook[])
      expect(placeOutputs(notebook, [result])).toBeNull();
  });
});

describe('following a request whose tab goes away', () => {
  function follow() {
    const clock = new ManualClock();
    const connected = new Set(['tab']);
    const kernel = {
      id: kernelIdSchema.parse('11111111-2222-3333-4444-555555555555'),
      channel: { hasClient: (id: string) => connected.has(id) },
    };
    let notebook: Notebook = { cells: [{ cell_type: 'code', id: 'cell', source: '', outputs: [] }] };
    let failures = 0;
    const writes: Notebook[] = [];
    const follower = new OutputFollower({
      clock,
      log: createLogger({ program: 'test', level: 'silent' }),
      notebookOf: () => 'a.ipynb',
      written: () => {},
      async updateNotebook(_path, change) {
        if (failures-- > 0) throw new Error('the disk is away');
        const changed = change(notebook);
        notebook = changed ?? notebook;
        if (changed) writes.push(changed);
        return true;
      },
    });
    follower.follow(
      kernel,
      readV1Frame(frameOf({ msgType: 'execute_request', metadata: { cellId: 'cell' } })),
      'ask',
      'tab',
    );
    const say = (msgType: string, content: Record<string, unknown>) =>
      follower.observe(
        kernel,
        readV1Frame(frameOf({ channel: 'iopub', msgType, content, parent: { msgId: 'ask' } })),
        msgType,
      );
    const leave = (isClosed: boolean) => {
      connected.delete('tab');
      follower.clientGone('tab', isClosed);
    };
    const back = () => {
      connected.add('tab');
      follower.clientBack('tab');
    };
    const texts = () => JSON.stringify(notebook).match(/line \d/g) ?? [];
    const failNext = () => {
      failures = 1;
    };
    return { clock, follower, say, leave, back, writes, texts, failNext };
  }
  const line = (number: number) => ({ name: 'stdout', text: `line ${number}\n` });

  test('nothing is written while the tab is there', async () => {
    const { clock, say, writes } = follow();
    say('stream', line(1));
    say('status', { execution_state: 'idle' });
    await clock.advance(60_000);
    expect(writes).toEqual([]);
  });

  test('a closed tab’s outputs are written at once, at intervals and at the end, each line once', async () => {
    const { clock, say, leave, texts, writes } = follow();
    say('stream', line(1));
    leave(true);
    await clock.advance(0);
    expect(texts()).toEqual(['line 1']);
    say('stream', line(2));
    await clock.advance(limits.gateway.outputWriteIntervalMs);
    expect(texts()).toEqual(['line 1', 'line 2']);
    say('stream', line(3));
    say('status', { execution_state: 'idle' });
    await clock.advance(0);
    expect(texts()).toEqual(['line 1', 'line 2', 'line 3']);
    const count = writes.length;
    await clock.advance(60_000);
    expect(writes).toHaveLength(count);
  });

  test('a connection that broke is given time to come back before anything is written', async () => {
    const { clock, say, leave, back, writes } = follow();
    say('stream', line(1));
    leave(false);
    await clock.advance(limits.gateway.outputWriterGraceMs - 1);
    back();
    say('status', { execution_state: 'idle' });
    await clock.advance(60_000);
    expect(writes).toEqual([]);
  });

  test('one that does not come back has its outputs written after the grace', async () => {
    const { clock, say, leave, texts } = follow();
    leave(false);
    say('stream', line(1));
    say('status', { execution_state: 'idle' });
    await clock.advance(limits.gateway.outputWriterGraceMs);
    expect(texts()).toEqual(['line 1']);
  });

  test('a suspend does not wait for the grace', async () => {
    const { say, leave, texts, follower } = follow();
    say('stream', line(1));
    leave(false);
    await follower.flush();
    expect(texts()).toEqual(['line 1']);
  });

  test('a failed write is tried again', async () => {
    const { clock, say, leave, texts, failNext } = follow();
    failNext();
    say('stream', line(1));
    leave(true);
    await clock.advance(0);
    expect(texts()).toEqual([]);
    await clock.advance(limits.gateway.outputWriteIntervalMs);
    expect(texts()).toEqual(['line 1']);
  });

  test('a request that names no cell is not followed', async () => {
    const { clock, follower, leave, writes } = follow();
    const kernel = {
      id: kernelIdSchema.parse('11111111-2222-3333-4444-555555555556'),
      channel: { hasClient: () => false },
    };
    follower.follow(kernel, readV1Frame(frameOf({ msgType: 'execute_request' })), 'other', 'tab2');
    follower.clientGone('tab2', true);
    leave(true);
    await clock.advance(60_000);
    expect(writes.length).toBeLessThanOrEqual(1);
  });
});

describe('going on with a request that an earlier controller followed', () => {
  const kept = { name: 'stdout', output_type: 'stream', text: ['kept\n'] };

  function inherit(isWritten: boolean, isConnected = false) {
    const clock = new ManualClock();
    const connected = new Set(isConnected ? ['tab'] : []);
    const noted: unknown[] = [];
    const kernel = {
      id: kernelIdSchema.parse('11111111-2222-3333-4444-555555555555'),
      channel: { hasClient: (id: string) => connected.has(id) },
      noteWritten: (msgId: string, cell: unknown) => void noted.push([msgId, cell]),
    };
    const cell = { cell_type: 'code', id: 'cell', source: 'go()', outputs: isWritten ? [kept] : [] };
    let notebook: Notebook = { cells: [{ ...cell, execution_count: 4 }] };
    let writes = 0;
    const follower = new OutputFollower({
      clock,
      log: createLogger({ program: 'test', level: 'silent' }),
      notebookOf: () => 'a.ipynb',
      written: () => {},
      async updateNotebook(_path, change) {
        notebook = change(notebook) ?? notebook;
        writes += 1;
        return true;
      },
    });
    follower.inherit(kernel, 'ask', 'tab', { cellId: 'cell', source: 'go()', isWritten });
    const say = (msgType: string, content: Record<string, unknown>) =>
      follower.observe(
        kernel,
        readV1Frame(frameOf({ channel: 'iopub', msgType, content, parent: { msgId: 'ask' } })),
        msgType,
      );
    const textsOf = () => JSON.stringify(notebook).match(/kept|after|restarted here/g) ?? [];
    return { clock, follower, say, noted, textsOf, writes: () => writes, connected };
  }

  test('what it had written stays, and what is said since follows it, however often it is written', async () => {
    const { clock, say, textsOf } = inherit(true);
    say('stream', { name: 'stdout', text: 'after\n' });
    await clock.advance(limits.gateway.outputWriterGraceMs);
    expect(textsOf()).toEqual(['kept', 'after']);
    say('stream', { name: 'stdout', text: 'after\n' });
    say('status', { execution_state: 'idle' });
    await clock.advance(limits.gateway.outputWriteIntervalMs);
    expect(textsOf()).toEqual(['kept', 'after', 'after']);
  });

  test('what only the tab was shown is said to be missing, and what was written is noted for the next', async () => {
    const { clock, say, textsOf, noted } = inherit(false);
    say('stream', { name: 'stdout', text: 'after\n' });
    await clock.advance(limits.gateway.outputWriterGraceMs - 1);
    expect(noted).toEqual([]);
    await clock.advance(1);
    expect(textsOf()).toEqual(['restarted here', 'after']);
    expect(noted).toEqual([['ask', { cellId: 'cell', source: 'go()', isWritten: true }]]);
  });

  test('a tab that comes back within the grace shows it all itself', async () => {
    const { clock, say, follower, connected, writes } = inherit(false);
    await clock.advance(limits.gateway.outputWriterGraceMs - 1);
    connected.add('tab');
    follower.clientBack('tab');
    say('stream', { name: 'stdout', text: 'after\n' });
    say('status', { execution_state: 'idle' });
    await clock.advance(60_000);
    expect(writes()).toBe(0);
    expect(follower.cellOf('ask')).toBeNull();
  });

  test('it is known by its cell until it is done, and takes a place among the followed', async () => {
    const { follower, say, clock } = inherit(true);
    expect(follower.cellOf('ask')).toEqual({ cellId: 'cell', source: 'go()', isWritten: true });
    say('status', { execution_state: 'idle' });
    await clock.advance(limits.gateway.outputWriterGraceMs);
    expect(follower.cellOf('ask')).toBeNull();
  });
});
