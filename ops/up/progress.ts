/**
 * What a person sees while things are set up. On a terminal the steps under way share one live line with
 * their elapsed time; elsewhere each start, note and end is a plain line.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';

export interface Progress {
  /** Shows the step while the work runs; `note` replaces what it says it is doing. The result may refine its title. */
  step<T>(
    title: string,
    work: (note: (text: string) => void) => Promise<T>,
    done?: (result: T) => string,
  ): Promise<T>;
  line(text: string): void;
}

interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

interface ActiveStep {
  title: string;
  note: string;
  startedMs: number;
}

/** Steps shorter than this are not worth a line of their own when they start. */
const redrawMs = 100;

export function createProgress(deps: { clock: Clock; output: Output }): Progress {
  const { clock, output } = deps;
  const live = output.isTTY === true;
  const active = new Set<ActiveStep>();
  let drawing = false;

  const print = (text: string) => output.write(live ? `\r\u001b[2K${text}\n` : `${text}\n`);
  const draw = () => {
    const width = output.columns ?? 80;
    const text = [...active].map((step) => describe(step, clock)).join(' · ');
    output.write(`\r\u001b[2K${text.length < width ? text : `${text.slice(0, width - 2)}…`}`);
  };
  const keepDrawing = async () => {
    drawing = true;
    while (active.size > 0) {
      draw();
      await sleep(clock, redrawMs);
    }
    output.write('\r\u001b[2K');
    drawing = false;
  };

  return {
    line: print,
    async step(title, work, done) {
      const step: ActiveStep = { title, note: '', startedMs: clock.monotonicMs() };
      active.add(step);
      if (!live) print(`… ${title}`);
      else if (!drawing) void keepDrawing();
      const note = (text: string) => {
        if (text === step.note) return;
        step.note = text;
        if (!live) print(`  ${title}: ${text}`);
      };
      try {
        const result = await work(note);
        print(`✓ ${done ? done(result) : title} (${elapsed(step, clock)})`);
        return result;
      } catch (thrown) {
        print(`✗ ${title} (${elapsed(step, clock)})`);
        throw thrown;
      } finally {
        active.delete(step);
      }
    },
  };
}

/** Says nothing: for tests. */
export const silentProgress: Progress = {
  line: () => undefined,
  step: (_title, work) => work(() => undefined),
};

function describe(step: ActiveStep, clock: Clock): string {
  return `${step.title}${step.note ? `: ${step.note}` : ''} ${elapsed(step, clock)}`;
}

function elapsed(step: ActiveStep, clock: Clock): string {
  return `${((clock.monotonicMs() - step.startedMs) / 1000).toFixed(1)} s`;
}
