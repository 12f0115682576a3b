/** Workspaces that go from state to state together, each with a notebook that has data in its kernel's memory. */
import type { Person } from '../platform/person.ts';
import type { BenchPlatform } from '../platform/start.ts';
import type { Notebook, Ran } from '../resume/notebook.ts';
import type { ResumeRecord } from '../resume/record.ts';
import { createSubject, fill, type Subject } from '../resume/subject.ts';

export type Herd = Awaited<ReturnType<typeof makeHerd>>;

const stopFile = 'stop';
/** It computes, and leaves the two cores of a small machine some time for what ends it. */
const busyCell = `
import os, time
while not os.path.exists('${stopFile}'):
    sum(range(100_000))
    time.sleep(0.01)
print('rested')`;

export async function makeHerd(platform: BenchPlatform, person: Person, record: ResumeRecord, size: number) {
  const all: { subject: Subject; notebook: Notebook }[] = [];
  // One after the other: this is no measure of starts.
  for (let n = 0; n < size; n++) {
    const subject = await createSubject(platform, person, `herd ${n}`);
    const notebook = await subject.openNotebook();
    await fill(notebook);
    all.push({ subject, notebook });
  }
  const each = (work: (subject: Subject) => Promise<unknown>) =>
    Promise.all(all.map(({ subject }) => work(subject)));
  let working: Promise<Ran>[] = [];

  return {
    async work(): Promise<void> {
      working = all.map(({ notebook }) => notebook.run(busyCell));
      // A cell that fails is told by whoever waits for it.
      for (const cell of working) cell.catch(() => undefined);
    },
    async rest(): Promise<void> {
      await each((subject) => subject.put(stopFile, ''));
      await Promise.all(working);
    },
    /** Suspended, and kept in its host's memory for as long as it takes. */
    async freeze(): Promise<void> {
      await each(async ({ id, suspend }) => {
        await suspend();
        await record.until(`${id} is frozen`, async () => (await record.kept(id)) === 'frozen');
        await record.holdRest(id);
        await record.settled(id, 'suspended');
      });
      await each(async ({ id }) => {
        if ((await record.kept(id)) !== 'frozen') throw new Error(`${id} is frozen no more`);
      });
    },
    /** Its live window is over. */
    async store(): Promise<void> {
      await each(async ({ id, nudge }) => {
        await record.endRest(id);
        await nudge();
        await record.until(`an image of ${id} is stored`, async () => (await record.kept(id)) === 'image');
        await record.until(`the image of ${id} is in the object store`, () => record.isRemote(id));
        await record.settled(id, 'suspended');
      });
    },
    /** Its sockets close. */
    async leave(): Promise<void> {
      await Promise.all(all.map(({ notebook }) => notebook.close()));
    },
    async remove(): Promise<void> {
      await each(async ({ id, remove }) => {
        await remove();
        await record.settled(id, 'deleted');
      });
    },
  };
}
