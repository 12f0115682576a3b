/** What the log says happened, for tests that ask whether anything was lost or done twice. */
import type { SchedulerEvent } from '../core/model/event.ts';
import type { Database } from '../db/database.ts';

export interface Story {
  /** In the order in which their terms began. */
  epochs: number[];
  epochBegan: Map<number, number>;
  lastSeqOf: Map<number, number>;
  /** How often each job was placed. */
  placed: Map<string, number>;
  ended: Map<string, string>;
}

export async function readStory({ $client: sql }: Database): Promise<Story> {
  const rows = await sql<{ seq: string; epoch: string; body: SchedulerEvent }[]>`
    select seq::text, epoch::text, body from events order by events.seq`;
  const story: Story = {
    ...{ epochs: [], epochBegan: new Map(), lastSeqOf: new Map(), placed: new Map(), ended: new Map() },
  };
  for (const [index, { seq, epoch, body }] of rows.entries()) {
    if (Number(seq) !== index + 1) throw new Error(`the log has a gap before ${seq}`);
    story.lastSeqOf.set(Number(epoch), Number(seq));
    if (body.type === 'term_began') {
      story.epochs.push(body.epoch);
      story.epochBegan.set(body.epoch, Number(seq));
    }
    if (body.type === 'job_placed') story.placed.set(body.jobId, (story.placed.get(body.jobId) ?? 0) + 1);
    if (body.type === 'job_ended') {
      if (story.ended.has(body.jobId)) throw new Error(`${body.jobId} ended twice`);
      story.ended.set(body.jobId, body.phase);
    }
  }
  return story;
}
