/** Somebody of the demo: signed in, with a token for clients that ends with the demo. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type LivesIn, readPins, whereLives } from '../client/home-cell.ts';
import { createToken, revokeToken, signIn } from '../client/sign-in.ts';
import { type Workspaces, workspaceClient } from '../client/workspaces.ts';
import type { Home } from '../up/home.ts';
import type { Steps } from './steps.ts';

export interface Stage {
  origin: string;
  home: Home;
  clock: Clock;
  random: Random;
  steps: Steps;
}

export interface DemoPerson extends LivesIn {
  token: string;
  workspaces: Workspaces;
  /** Takes the token back. */
  leave(): Promise<void>;
}

/** The `number`-th person of a region; the same number is the same person at every demo. */
export async function arrive(stage: Stage, region: string, number = 1): Promise<DemoPerson> {
  const { origin, home, clock, random } = stage;
  const email = `demo-${region}-${number}@cellbook.test`;
  const cookie = await signIn(origin, { email, name: `Demo ${region} ${number}`, region });
  const lives = await whereLives(origin, cookie, readPins(home.directory));
  const { id, token } = await createToken(origin, cookie, { name: 'demo', expiresInDays: 1 });
  return {
    ...lives,
    token,
    workspaces: workspaceClient({ origin, token, clock, random }),
    leave: () => revokeToken(origin, cookie, id),
  };
}

/** Each person of a region lives in one of its few cells by chance: this many make all but sure to meet both. */
const peopleMax = 24;

/** Somebody of the region who lives in another cell than that one; null when the region has no other. */
export async function arriveElsewhere(stage: Stage, lives: LivesIn): Promise<DemoPerson | null> {
  const { cells } = readPins(stage.home.directory);
  if (!cells.some(({ id, region }) => region === lives.region && id !== lives.cellId)) return null;
  for (let number = 2; number <= peopleMax; number++) {
    const person = await arrive(stage, lives.region, number);
    if (person.cellId !== lives.cellId) return person;
    await person.leave();
  }
  return null;
}
