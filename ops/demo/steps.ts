import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';

export interface StepTime {
  name: string;
  ms: number;
}

export interface Steps {
  times: StepTime[];
  run<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** The same with a word before every name. */
  of(who: string): Steps;
}

/** A resume holds a request up to a minute; half as much again is for the work after it. */
const stepDeadlineMs = 90_000;

/** Runs steps one after another, each with a deadline, and keeps how long each took. */
export function timedSteps(clock: Clock, show: (step: StepTime, ok: boolean) => void): Steps {
  return stepsInto([], '', clock, show);
}

function stepsInto(
  times: StepTime[],
  before: string,
  clock: Clock,
  show: (step: StepTime, ok: boolean) => void,
): Steps {
  return {
    times,
    of: (who) => stepsInto(times, `${before}${who}: `, clock, show),
    async run(name, work) {
      const startedMs = clock.monotonicMs();
      const end = (ok: boolean) => {
        const step = { name: before + name, ms: Math.round(clock.monotonicMs() - startedMs) };
        if (ok) times.push(step);
        show(step, ok);
      };
      try {
        const result = await withDeadline(clock, stepDeadlineMs, { code: 'internal', doing: name }, work);
        end(true);
        return result;
      } catch (thrown) {
        end(false);
        throw thrown;
      }
    },
  };
}

/** Ends the story when something is not as it must be. */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`expected ${what}`);
}
