/**
 * A driver that runs nothing and takes its time: what a boot, a restore of the golden image and a claim need of a
 * processor as measured on two idle cores, of as many processors as its host has, shared by all that is under way.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { NotedDriver } from '../../host/testing/noted-driver.ts';
import type { MemberSpec, SandboxSpec } from '../../sandbox/driver.ts';
import { noLink } from '../../sandbox/none/driver.ts';

export const processorMs = { boot: 2_000, restore: 450, claim: 80 };

const tickMs = 20;

/** Work of so many milliseconds of one processor each; what is under way shares the processors equally. */
export class Processors {
  readonly #clock: Clock;
  readonly #count: number;
  readonly #under = new Set<{ leftMs: number; done(): void }>();

  constructor(clock: Clock, count: number) {
    this.#clock = clock;
    this.#count = count;
    this.#tick();
  }

  work(leftMs: number): Promise<void> {
    const { promise, resolve: done } = Promise.withResolvers<void>();
    this.#under.add({ leftMs, done });
    return promise;
  }

  #tick(): void {
    const share = Math.min(1, this.#count / Math.max(1, this.#under.size)) * tickMs;
    for (const each of this.#under) {
      each.leftMs -= share;
      if (each.leftMs > 0) continue;
      this.#under.delete(each);
      each.done();
    }
    this.#clock.setTimer(tickMs, () => this.#tick());
  }
}

export class TimedDriver extends NotedDriver {
  readonly #processors: Processors;

  constructor(processors: Processors) {
    super(noLink);
    this.#processors = processors;
    const { restoreMember, claim } = this.pool;
    this.pool.restoreMember = async (member: MemberSpec) => {
      await this.#processors.work(processorMs.restore);
      return restoreMember(member);
    };
    this.pool.claim = async (spec: SandboxSpec) => {
      await this.#processors.work(processorMs.claim);
      return claim(spec);
    };
  }

  override async start(spec: SandboxSpec) {
    await this.#processors.work(processorMs.boot);
    return super.start(spec);
  }
}
