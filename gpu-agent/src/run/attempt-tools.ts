/** What an attempt is given of its host. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Visibility } from '../devices/device-source.ts';
import type { Guard } from '../guard/guard.ts';
import type { Objects } from '../objects/objects.ts';
import type { Attempt } from './attempt.ts';
import type { Binaries } from './binaries.ts';
import type { Groups } from './cgroup.ts';
import type { Confinement } from './confinement.ts';
import type { Marks } from './processes.ts';

export interface AttemptTools {
  clock: Clock;
  log: Logger;
  dataDirectory: string;
  /** In the environment of every program of this agent. */
  agent: string;
  binaries: Binaries;
  objects: Objects;
  groups: Groups;
  guard: Guard;
  confinement: Confinement;
  /** Kills all of a program's processes; false where some do not end. */
  endAll(marks: Marks): Promise<boolean>;
  devices: {
    visible(indexes: readonly number[]): Visibility;
    /** Why nothing may begin on them; empty: they are there and well. */
    problemOf(indexes: readonly number[]): string;
    /** What is known to be wrong with them, so that what runs there is ended; empty: nothing. */
    faultOf(indexes: readonly number[]): string;
    /** Resolves when no other attempt runs on them. */
    free(attempt: Attempt): Promise<void>;
  };
  /** Something is to be reported now. */
  changed(): void;
  /** Something is to be reported soon. */
  progressed(): void;
}
