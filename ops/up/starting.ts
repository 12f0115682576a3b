import type { Clock } from '@cellbook/shared/clock.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { PlatformConfig } from './config.ts';
import type { Home } from './home.ts';
import type { Child, SpawnContext } from './processes/child.ts';
import type { ProgramSpec } from './processes/program.ts';
import type { Progress } from './progress.ts';

export interface PlatformDeps {
  clock: Clock;
  random: Random;
  progress: Progress;
  signal?: AbortSignal;
}

/** What the steps of one start share. */
export interface Starting extends PlatformDeps {
  config: PlatformConfig;
  home: Home;
  context: SpawnContext;
  /** One part could not be started: ends the waiting and set-up of the others. */
  fail(thrown: unknown): void;
  /** Starts a program that is kept running from then on, and stopped with the platform. */
  keepRunning<Running extends { child: Child }>(spec: ProgramSpec<Running>): Promise<Running>;
}
