import type { Clock } from '@cellbook/shared/clock.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { PlatformConfig } from './config.ts';
import type { Home } from './home.ts';
import type { Child, SpawnContext } from './processes/child.ts';
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
  /** Notes a program the moment it runs, so that a start that fails later stops it. */
  keep<T extends { child: Child }>(started: T): T;
}
