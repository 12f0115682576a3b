/**
 * What the loss of one cell does to whom: its controller is killed with -9 while people of other cells work
 * without a pause. Theirs must all succeed; whoever lives in the lost cell is told to wait (503 with
 * Retry-After) and is served again when the starter has brought it back.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { CellId } from '@cellbook/shared/ids.ts';
import type { Home } from '../up/home.ts';
import { killProgram } from '../up/processes/kill-program.ts';
import { waitUntil } from '../up/wait-until.ts';
import { type AtWork, keepWorking, type Traffic } from './traffic.ts';

export interface CellToLose {
  clock: Clock;
  home: Home;
  cellId: CellId;
  /** Something that whoever lives there asks for. */
  askVictim: () => Promise<Response>;
  others: readonly AtWork[];
}

export interface CellLoss {
  /** How often the victim was told to wait. */
  refusals: number;
  /** The different times in seconds that it was told. */
  retryAfterSeconds: number[];
  backAfterMs: number;
  /** What the others had answered between the kill and the end of it. */
  others: Traffic['counts'];
  failures: string[];
}

const backDeadlineMs = 60_000;
/** Of each kind and person, before the kill and after the return: the traffic flows at both ends. */
const turnsAround = 3;

export async function loseCell({ clock, home, cellId, askVictim, others }: CellToLose): Promise<CellLoss> {
  const traffic = others.map((other) => keepWorking(other));
  try {
    await moreTurns(clock, traffic);
    const before = sum(traffic);
    const killedMs = clock.monotonicMs();
    killProgram(home, `cell-${cellId}`);
    const refused = await untilServed(clock, cellId, askVictim);
    const backAfterMs = Math.round(clock.monotonicMs() - killedMs);
    await moreTurns(clock, traffic);
    return { ...refused, backAfterMs, others: since(before, sum(traffic)), failures: failuresOf(traffic) };
  } finally {
    await Promise.all(traffic.map((one) => one.stop()));
  }
}

/** Asks until it has been refused and then served; anything but an answer or a typed 503 is no way to say it. */
async function untilServed(clock: Clock, cellId: CellId, ask: () => Promise<Response>) {
  const told: number[] = [];
  const served = async () => {
    const response = await ask();
    await response.arrayBuffer();
    if (response.status === 503) told.push(Number(response.headers.get('retry-after')));
    else if (!response.ok) throw new Error(`a request to the lost cell gave ${response.status}`);
    return response.ok && told.length > 0;
  };
  const what = `cell ${cellId} to be away and back`;
  await waitUntil(served, { clock, deadlineMs: backDeadlineMs, what, pollMs: 20 });
  return { refusals: told.length, retryAfterSeconds: [...new Set(told)] };
}

async function moreTurns(clock: Clock, traffic: readonly Traffic[]): Promise<void> {
  const wanted = traffic.map(({ counts }) => least(counts) + turnsAround);
  const enough = () =>
    traffic.every(
      ({ counts, failures }, index) => failures.length > 0 || least(counts) >= (wanted[index] ?? 0),
    );
  await waitUntil(enough, { clock, deadlineMs: backDeadlineMs, what: 'the others’ requests' });
}

const least = ({ api, contents, executes }: Traffic['counts']): number => Math.min(api, contents, executes);

const failuresOf = (traffic: readonly Traffic[]): string[] => traffic.flatMap(({ failures }) => failures);

function sum(traffic: readonly Traffic[]): Traffic['counts'] {
  const total = { api: 0, contents: 0, executes: 0 };
  for (const { counts } of traffic) {
    for (const kind of ['api', 'contents', 'executes'] as const) total[kind] += counts[kind];
  }
  return total;
}

const since = (before: Traffic['counts'], now: Traffic['counts']): Traffic['counts'] => ({
  api: now.api - before.api,
  contents: now.contents - before.contents,
  executes: now.executes - before.executes,
});
