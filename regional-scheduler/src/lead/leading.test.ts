/** The leader's loop over a log in memory, on a clock of the test's own. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import type { AgentOrders, AgentReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { newState } from '../core/state.ts';
import { type JobWords, jobOf } from '../core/testing/region.ts';
import { createMemoryLeaderStore } from '../leader/memory-leader-store.ts';
import { beginTerm, type LeaderTerm, leaderTerms } from '../leader/term.ts';
import { type EventLog, noArrival } from '../log/event-log.ts';
import { createMemoryArrivals } from '../log/memory-arrivals.ts';
import { createMemoryEventLog } from '../log/memory-event-log.ts';
import { Leading } from './leading.ts';
import { Payloads } from './payloads.ts';

const random = seededRandom(3);

/** Its wall clock can be set; its monotonic one goes on. */
class SetClock extends ManualClock {
  aheadMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.aheadMs;
  }

  /** In steps, and after each the loop turns a few times, as deciding lets it between its rounds. */
  override async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await super.advance(Math.min(left, stepMs));
      for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
    }
  }
}

const stepMs = 500;
const never = new Promise<never>(() => {});

async function bed(change: (log: EventLog) => EventLog = (log) => log) {
  const clock = new SetClock();
  const store = createMemoryLeaderStore(clock);
  const log = createMemoryEventLog(store.epoch);
  const arrivals = createMemoryArrivals();
  /** `lost`: the next question for what came after that many is never answered. */
  const reach = { down: false, silent: false, mute: false, lost: -1 };
  const begin = (holder: string) =>
    beginTerm({ store, clock, log: silentLogger, holder, url: '', terms: leaderTerms });
  const term = (await begin('a')) as LeaderTerm;
  const deps = {
    ...{ log: change(log), clock, random, logger: silentLogger, agentLeaseMs: 60_000, committed() {} },
    arrivals: {
      ...arrivals,
      take(...given: Parameters<typeof arrivals.take>) {
        const isLost = given[0].xid === reach.lost;
        if (isLost) reach.lost = -1;
        if (reach.silent || isLost) return never;
        return reach.down ? away() : arrivals.take(...given);
      },
    },
    payloads: new Payloads((ids) =>
      reach.mute ? never : Promise.resolve(new Map(ids.map((id) => [id, { prompt: id, parameters: {} }]))),
    ),
  };
  const replica = { state: newState(), seq: 0, watermark: noArrival };
  const loop = new Leading(deps, term, replica);
  const over = loop.run();
  /** Lets time pass until it is so. */
  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let turn = 0; turn < 5_000 && !(await isSo()); turn++) await clock.advance(5);
    expect(await isSo()).toBe(true);
  }
  const submit = (words: JobWords = {}) => arrivals.submit(jobOf(random, clock.nowMs(), 1, 60_000, words));
  const types = async () => (await log.read(0, 1_000)).map(({ event }) => event.type);
  return { clock, store, log, reach, term, begin, loop, over, replica, until, submit, types };
}

const away = () =>
  Promise.reject(new CellbookError('store_unavailable', { doing: 'looking', problem: 'it is away' }));

let sequence = 0;
const report = (more: Partial<AgentReport> = {}): AgentReport => ({
  ...{ hostId: hostIdSchema.parse('host-a'), rack: 'r', generation: 1, sequence: ++sequence, epoch: 1 },
  ...{ draining: false, binaries: ['video-renderer@1'], attempts: [], waitMs: 0 },
  devices: [{ index: 0, uuid: 'SIM-0', sku: 'H100', memoryMib: 80_000, healthy: true, problem: '' }],
  ...more,
});

/** What became of a question so far. */
function follow<Value>(asked: Promise<Value>) {
  const seen: { value?: Value; error?: unknown } = {};
  asked.then(
    (value) => Object.assign(seen, { value }),
    (error: unknown) => Object.assign(seen, { error }),
  );
  return seen;
}

test('an agent is told nothing before it is written', async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let asked = 0;
  const { loop, until, submit, clock, types } = await bed((log) => ({
    ...log,
    async append(batch) {
      // The first is the beginning of the term.
      if (++asked > 1) await gate;
      return log.append(batch);
    },
  }));
  submit();
  const answer = follow<AgentOrders>(loop.inbox.ask(report()));
  await until(() => asked === 2);
  await clock.advance(300);
  expect(answer).toEqual({});
  expect(await types()).toEqual(['term_began']);
  open();
  await until(() => answer.value !== undefined);
  expect(answer.value?.run).toHaveLength(1);
  expect(await types()).toContain('job_placed');
});

test('who waits is answered when there is something new, else when its wait is over', async () => {
  const { loop, until, submit, clock } = await bed();
  const first = follow(loop.inbox.ask(report()));
  await until(() => first.value !== undefined);
  const idle = follow(loop.inbox.ask(report({ waitMs: 1_000 })));
  await clock.advance(900);
  expect(idle).toEqual({});
  await clock.advance(400);
  expect(idle.value).toMatchObject({ run: [], leaderless: false });
  const waiting = follow(loop.inbox.ask(report({ waitMs: 30_000 })));
  await clock.advance(500);
  expect(waiting).toEqual({});
  submit();
  await until(() => waiting.value !== undefined);
  expect(waiting.value?.run).toHaveLength(1);
});

test('a batch that another leader’s term refuses ends the loop, and its state is not to be used', async () => {
  const { loop, over, store, begin, until, submit, types } = await bed();
  const first = follow(loop.inbox.ask(report()));
  await until(() => first.value !== undefined);
  const before = await types();
  await store.release('a', 1);
  await begin('b');
  submit();
  const late = follow(loop.inbox.ask(report()));
  await until(() => late.error !== undefined);
  await over;
  expect(loop.isClean).toBe(false);
  expect(await types()).toEqual(before);
});

test('while the record cannot be reached nothing is decided, and the state stays what is written', async () => {
  const { loop, until, submit, reach, clock, types } = await bed();
  const first = follow(loop.inbox.ask(report()));
  await until(() => first.value !== undefined);
  reach.down = true;
  submit();
  const waiting = follow(loop.inbox.ask(report()));
  await clock.advance(1_000);
  expect([waiting, loop.isClean]).toEqual([{}, true]);
  expect(await types()).not.toContain('job_submitted');
  reach.down = false;
  await until(() => waiting.value !== undefined);
  expect(waiting.value?.run).toHaveLength(1);
});

test('a leader whose time is over answers nobody, though no timer has told it', async () => {
  const { loop, until, term, clock } = await bed();
  const first = follow(loop.inbox.ask(report()));
  await until(() => first.value !== undefined);
  const late = follow(loop.inbox.ask(report()));
  term.lose('a test says so');
  await clock.advance(1_000);
  expect(late.value).toBeUndefined();
  expect(late.error).toMatchObject({ code: 'capacity_exhausted' });
  await expect(loop.inbox.ask(report())).rejects.toMatchObject({ code: 'capacity_exhausted' });
});

test('a host that falls silent keeps its jobs for a whole lease, and loses them after', async () => {
  const { loop, until, submit, clock, types } = await bed();
  submit();
  const first = follow(loop.inbox.ask(report()));
  await until(() => first.value !== undefined);
  await clock.advance(60_000);
  expect(await types()).not.toContain('attempt_ended');
  await clock.advance(limits.scheduler.agentMarginMs + 1_000);
  expect(await types()).toContain('attempt_ended');
  // What it says now is of something that is not its own any more.
  const [run] = first.value?.run ?? [];
  const { attemptId = '', jobId = '' } = run ?? {};
  const told = { ranMs: 1, savedMs: 0, checkpointKey: null, progress: null, logTail: '', memoryMibMax: 0 };
  const attempts = [{ attemptId, jobId, epoch: 1, state: { phase: 'running' }, ...told }];
  const late = follow(loop.inbox.ask(report({ attempts: attempts as AgentReport['attempts'] })));
  await until(() => late.value !== undefined);
  expect(late.value?.stop).toMatchObject([{ attemptId, because: 'superseded' }]);
});

test('a newer report of a host is answered, and the older one told so', async () => {
  const { loop, until } = await bed();
  const first = follow(loop.inbox.ask(report()));
  await until(() => first.value !== undefined);
  const older = follow(loop.inbox.ask(report({ waitMs: 20_000 })));
  const newer = follow(loop.inbox.ask(report()));
  await until(() => newer.value !== undefined);
  expect(older.error).toMatchObject({ code: 'conflict' });
});

test('time goes on where a leader’s clock was an hour ahead, and is set back', async () => {
  const { loop, until, submit, clock, replica, types } = await bed();
  clock.aheadMs = 3_600_000;
  const first = follow(loop.inbox.ask(report()));
  await until(() => first.value !== undefined);
  const decidedMs = replica.state.atMs;
  clock.aheadMs = 0;
  submit({ notBeforeMs: decidedMs + 5_000 });
  await until(async () => (await types()).includes('job_submitted'));
  expect(await types()).not.toContain('job_placed');
  await clock.advance(6_000);
  await until(async () => (await types()).includes('job_placed'));
  expect(replica.state.atMs).toBeLessThan(decidedMs + 10_000);
});

test('a record that says nothing at all is left when the term is over, in the middle of a turn too', async () => {
  for (const silent of ['take', 'append'] as const) {
    let isSilent = false;
    const never = new Promise<never>(() => {});
    const { loop, over, until, submit, term, reach } = await bed((log) => ({
      ...log,
      append: (batch) => (isSilent ? never : log.append(batch)),
    }));
    const first = follow(loop.inbox.ask(report()));
    await until(() => first.value !== undefined);
    if (silent === 'take') reach.silent = true;
    isSilent = true;
    submit();
    const waiting = follow(loop.inbox.ask(report()));
    const ended = follow(over.then(() => 'ended'));
    term.lose('a test says so');
    await until(() => ended.value !== undefined);
    expect(waiting.error).toMatchObject({ code: 'capacity_exhausted' });
  }
});

test('a leader that cannot hear what has arrived any more leaves the lead to others', async () => {
  const { loop, over, until, reach, term } = await bed();
  const first = follow(loop.inbox.ask(report()));
  await until(() => first.value !== undefined);
  reach.silent = true;
  const ended = follow(over.then(() => 'ended'));
  await until(() => ended.value !== undefined);
  expect([term.lost.aborted, loop.isClean]).toEqual([true, true]);
});

test('what was read ahead over a dead connection is looked for once more, and ends no term', async () => {
  const { term, until, submit, reach, replica, clock } = await bed();
  const { arrivalsMax, statementMs } = limits.scheduler;
  reach.lost = arrivalsMax;
  for (let count = 0; count < arrivalsMax + 1; count++) submit({ notBeforeMs: clock.nowMs() + 9e9 });
  await until(() => replica.watermark.xid === arrivalsMax);
  await clock.advance(statementMs + stepMs);
  await until(() => replica.watermark.xid === arrivalsMax + 1);
  expect([term.lost.aborted, reach.lost]).toEqual([false, -1]);
});

test('what is on record is shown though prompts cannot be read', async () => {
  const { loop, until, submit, reach, clock, types } = await bed();
  const first = follow(loop.inbox.ask(report()));
  await until(() => first.value !== undefined);
  reach.mute = true;
  submit();
  await until(async () => (await types()).includes('job_placed'));
  const shown = follow(loop.whenClean().then((state) => state?.attempts.size));
  await clock.advance(stepMs);
  expect([shown.value, loop.isWritten]).toEqual([1, true]);
});

test('a batch whose writing nobody answers is written again', async () => {
  let asked = 0;
  const { loop, until, submit, types } = await bed((log) => ({
    ...log,
    // The connection of the second is dead, and nobody says so.
    append: (batch) => (++asked === 2 ? new Promise<never>(() => {}) : log.append(batch)),
  }));
  submit();
  const answer = follow(loop.inbox.ask(report()));
  await until(() => answer.value !== undefined);
  expect(answer.value?.run).toHaveLength(1);
  expect((await types()).filter((type) => type === 'job_placed')).toHaveLength(1);
});

test('nobody is shown a state before it has all that the last leader wrote', async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { loop, until, clock, types } = await bed((log) => ({
    ...log,
    read: (...given) => gate.then(() => log.read(...given)),
  }));
  const shown = follow(loop.whenClean().then(async (state) => [state?.epoch, await types()]));
  await clock.advance(100);
  expect([shown, loop.isWritten]).toEqual([{}, false]);
  open();
  await until(() => shown.value !== undefined);
  expect([shown.value, loop.isWritten]).toEqual([[1, ['term_began']], true]);
});
