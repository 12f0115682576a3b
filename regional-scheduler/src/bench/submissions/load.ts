/**
 * Offers submissions at a fixed rate, whether or not those before are answered, as strangers do; an acknowledgement is
 * counted from when its submission was due. What is not answered (its instance was killed) is sent again, with the same
 * key, to another instance, as the edge's callers do, and goes on counting from when it was due.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { newRequestId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { HttpConnections } from './http-connections.ts';
import { mix, type Person, submission } from './people.ts';
import { outcomeOf, Tally } from './tally.ts';

export interface LoadBed {
  people: Record<Tier, Person[]>;
  /** Those that serve, in any order. */
  instances(): readonly HttpConnections[];
  clock: Clock;
  random: Random;
  /** Whoever was told that his job is stored. */
  acknowledged(jobId: string, person: Person): void;
}

/** Looks so often for what is due: at 5,000 a second ten of them. */
const tickMs = 2;
const triesMax = 20;
const retryMs = 50;

export async function offer(bed: LoadBed, perSecond: number, forMs: number): Promise<Tally> {
  const { clock } = bed;
  const tally = new Tally();
  const underWay = new Set<Promise<void>>();
  const beganMs = clock.monotonicMs();
  const count = Math.round((perSecond * forMs) / 1_000);
  for (let number = 0; number < count; ) {
    const due = Math.min(count, Math.ceil(((clock.monotonicMs() - beganMs) * perSecond) / 1_000));
    for (; number < due; number++) {
      const one = submitOne(bed, tally, beganMs + (number * 1_000) / perSecond);
      underWay.add(one);
      void one.finally(() => underWay.delete(one));
    }
    await sleep(clock, tickMs);
  }
  await Promise.all(underWay);
  return tally;
}

async function submitOne(bed: LoadBed, tally: Tally, dueMs: number): Promise<void> {
  const { clock, random } = bed;
  const person = draw(bed.people, random);
  const request = submission(person, {
    ...{ key: random.uuid(), requestId: newRequestId(random), number: random.int(1_000_000_000) },
  });
  for (let tries = 0; tries < triesMax; tries++) {
    const instances = bed.instances();
    const instance = instances[random.int(Math.max(1, instances.length))];
    const answer = await instance?.ask(request).catch(() => null);
    if (!answer) {
      await sleep(clock, retryMs);
      continue;
    }
    const outcome = outcomeOf(answer.status, answer.body);
    tally.count(person.tier, outcome, clock.monotonicMs() - dueMs);
    if (outcome === 'admitted') bed.acknowledged(/"id":"([^"]+)"/.exec(answer.body)?.[1] ?? '', person);
    return;
  }
  tally.count(person.tier, 'unanswered', clock.monotonicMs() - dueMs);
}

function draw(people: Record<Tier, Person[]>, random: Random): Person {
  const point = random.int(100);
  const tier = point < mix.free ? 'free' : point < mix.free + mix.paid ? 'paid' : 'enterprise';
  const of = people[tier];
  return of[random.int(of.length)]!;
}
