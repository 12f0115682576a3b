import type { Clock } from '@cellbook/shared/clock.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Home } from '../../up/home.ts';
import type { Steps } from '../steps.ts';

export interface GpuStage {
  origin: string;
  /** Where everybody of the story lives. */
  region: string;
  home: Home;
  /** Where videos are put. */
  videos: string;
  clock: Clock;
  random: Random;
  steps: Steps;
}
