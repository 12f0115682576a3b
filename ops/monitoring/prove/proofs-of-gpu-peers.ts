/** What befalls two regions that know each other: one does not answer, or does not believe the other. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { waitUntil } from '../../up/wait-until.ts';
import { errandOf } from './errand.ts';
import { type GpuWorld, otherRegionId } from './gpu-world.ts';
import { keepSubmitting, later } from './keep-submitting.ts';
import { orUndo, type Proof } from './proof.ts';

const otherScheduler = `scheduler-gpu-${otherRegionId}`;

const secretsDiffer: Proof<GpuWorld> = {
  cause: 'a region is given another secret than the one whose queue it guards',
  alerts: ['GpuQueueUnguarded'],
  async make({ platform, restart }) {
    const file = join(platform.home.keys, 'federation');
    const secret = readFileSync(file, 'utf8');
    writeFileSync(file, `${systemRandom.uuid()}${systemRandom.uuid()}\n`);
    await restart(otherScheduler);
    return async () => {
      writeFileSync(file, secret);
      await restart(otherScheduler);
    };
  },
};

const rowsSpoilt: Proof<GpuWorld> = {
  cause: 'a trigger of an operator’s own spoils what is stored of jobs, so that the guardian cannot read it',
  alerts: ['GpuQueueNotCopied'],
  async make({ record, customers }) {
    await record.unsafe(`
      create function spoil() returns trigger language plpgsql as $$ begin
        new.request = new.request || '{"name": 5}';
        return new;
      end $$;
      create trigger spoil before insert on submissions for each row execute function spoil()`);
    const working = keepSubmitting([customers.paid], () => later(errandOf(1)), { pauseMs: 500 });
    return async () => {
      await record`drop function spoil cascade`;
      await working();
    };
  },
};

const peerSilent: Proof<GpuWorld> = {
  cause: 'the region that jobs are offered to does not answer',
  alerts: ['GpuSpillsUnanswered'],
  // An offer counts as unanswered after five minutes, which are not shortened.
  withinMs: 480_000,
  async make({ customers, record, freeze }) {
    const offersOf = async () =>
      (await record`select 1 from events where body ->> 'type' = 'spill_offered'`).length;
    const before = await offersOf();
    const working = keepSubmitting([customers.paid, customers.enterprise], () => errandOf(900), {
      ...{ pauseMs: 20, eachMax: 100 },
    });
    // Offers are written, and told a second later: whoever is told of them answers no more.
    const offered = async () => (await offersOf()) > before;
    const waiting = { clock: systemClock, deadlineMs: 120_000, what: 'jobs to be offered to another region' };
    await orUndo(waitUntil(offered, waiting), working);
    const goOn = freeze(otherScheduler);
    return async () => {
      goOn();
      await working();
    };
  },
};

export const peerProofs: readonly Proof<GpuWorld>[] = [rowsSpoilt, secretsDiffer, peerSilent];
