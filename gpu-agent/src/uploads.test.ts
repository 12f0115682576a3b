/** What an agent that was killed left undone, and what the next one makes of it: processes, and a store over HTTP. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { attemptOf, runOrder } from './testing/orders.ts';
import { until } from './testing/until.ts';
import { useAgents } from './testing/use-agents.ts';

const [a, b] = [attemptOf(1), attemptOf(2)];

vi.setConfig({ testTimeout: 180_000 });

const rig = useAgents();
const { hostWith, start, binaryWith, endOf } = rig;

describe('the agent that comes after one that was killed', () => {
  it('goes on with uploads in the middle of which an earlier agent was killed, and runs nothing again', async () => {
    const note = 'echo run >> "$CELLBOOK_JOB_FILE.runs"; cat "$CELLBOOK_JOB_FILE.runs"';
    const write = (file: string) => `head -c 20000000 /dev/urandom > ${file}.new; mv ${file}.new ${file}`;
    const directory = binaryWith(
      { command: ['sh', '-c', `${note}; ${write('"$CELLBOOK_OUTPUT_DIR/output.mp4"')}`], check: [] },
      { version: '2', command: ['sh', '-c', `${note}; ${write('"$CELLBOOK_CHECKPOINT"')}; sleep 600`] },
    );
    const host = hostWith({ CELLBOOK_BINARIES: directory });
    for (const [id, version] of [
      [a, '1'],
      [b, '2'],
    ] as const) {
      rig.scheduler.piecesLeft = 1;
      rig.scheduler.pieces = [];
      const first = start(host);
      rig.scheduler.orders({ run: [runOrder(id, { version })], forget: id === b ? [a] : [] });
      await until('the upload to stand still', () => (rig.scheduler.piecesLeft ?? 0) < 0);
      first.process.kill('SIGKILL');
      await first.ended;
      rig.scheduler.piecesLeft = null;
      start(host);
      await endOf(id);
      const [key] = rig.scheduler.pieces.map((piece) => piece.key);
      const offsets = [0, 8_388_608, 16_777_216];
      expect(rig.scheduler.pieces).toEqual(offsets.map((offset) => ({ key, offset })));
      expect(rig.scheduler.objects.get(String(key))).toMatchObject({ complete: true });
      for (const { process, ended } of rig.agents) {
        process.kill('SIGKILL');
        await ended;
      }
    }
    const { checkpointKey, outcome } = await endOf(b);
    expect(outcome).toMatchObject({ kind: 'failed', class: 'lost' });
    expect(checkpointKey).toBe(rig.scheduler.pieces[0]?.key);
    const told = rig.scheduler.reports.flatMap(({ attempts }) => attempts);
    expect(told.find(({ attemptId, state }) => attemptId === a && state.phase === 'ended')).toMatchObject({
      state: { outcome: { kind: 'succeeded', bytes: 20_000_000 } },
    });
    // Each wrote a line whenever it was started.
    expect(
      told.map(({ logTail }) => logTail.trim()).filter((lines) => lines !== '' && lines !== 'run'),
    ).toEqual([]);
  });

  it('brings nothing of an earlier agent’s that has been given up meanwhile, and forgets it', async () => {
    const directory = binaryWith({
      command: ['sh', '-c', 'head -c 20000000 /dev/urandom > "$CELLBOOK_OUTPUT_DIR/output.mp4"'],
      check: [],
    });
    const host = hostWith({ CELLBOOK_BINARIES: directory });
    rig.scheduler.piecesLeft = 1;
    const first = start(host);
    rig.scheduler.orders({ run: [runOrder(a)] });
    await until('the upload to stand still', () => (rig.scheduler.piecesLeft ?? 0) < 0);
    first.process.kill('SIGKILL');
    await first.ended;
    rig.scheduler.piecesLeft = null;
    rig.scheduler.orders({ run: [] });
    start(host);
    expect((await endOf(a)).outcome).toMatchObject({ kind: 'failed', class: 'lost' });
    expect(rig.scheduler.pieces).toHaveLength(1);
    const folder = join(host.data, 'attempts', a);
    expect(existsSync(join(folder, 'work'))).toBe(false);
    rig.scheduler.orders({ forget: [a] });
    await until('its record to be gone', () => !existsSync(folder));
  });
});
