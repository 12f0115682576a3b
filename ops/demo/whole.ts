/** The whole demo: the story of one notebook for a person of each region, then the loss of a cell. */
import { readPins } from '../client/home-cell.ts';
import { type LossTold, tellLoss } from './cell-loss-story.ts';
import { arrive, arriveElsewhere, type DemoPerson, type Stage } from './person.ts';
import { tellStory } from './story.ts';

export interface Told {
  kernel: string;
  /** Null when it was left out, or where there is only one cell. */
  loss: LossTold | null;
}

export async function tellAll(stage: Stage, { crash }: { crash: boolean }): Promise<Told> {
  const pins = readPins(stage.home.directory);
  const regions = [...new Set(pins.cells.map((cell) => cell.region))];
  const people: DemoPerson[] = [];
  let kernel = '';
  try {
    for (const region of regions) {
      const person = await stage.steps.of(region).run('sign in, create a token', () => arrive(stage, region));
      people.push(person);
      kernel = await tellStory(stage, person);
    }
    const [victim, ...others] = people;
    if (!crash || !victim || pins.cells.length < 2) return { kernel, loss: null };
    const neighbour = await arriveElsewhere(stage, victim);
    if (neighbour) people.push(neighbour);
    const atWork = neighbour ? [...others, neighbour] : others;
    return { kernel, loss: await tellLoss(stage, victim, atWork) };
  } finally {
    await stage.steps.run('revoke the tokens', () => leaveAll(people));
  }
}

const leaveAll = async (people: DemoPerson[]): Promise<void> => {
  await Promise.all(people.map((person) => person.leave()));
};
