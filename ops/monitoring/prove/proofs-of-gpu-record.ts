/** What befalls the record of a region, and whoever writes it: locks, lost connections, Redis, the lead. */
import { sleep, systemClock } from '@cellbook/shared/clock.ts';
import type postgres from 'postgres';
import { type GpuWorld, regionId, scheduler } from './gpu-world.ts';
import { errandHere, keepSubmitting, later } from './keep-submitting.ts';
import { keepDoing, type Proof } from './proof.ts';

const lockFor = (record: postgres.Sql, table: string, ms: number, signal?: AbortSignal) =>
  record.begin(async (sql) => {
    await sql`lock table ${sql(table)} in access exclusive mode`;
    await sleep(systemClock, ms, signal).catch(() => undefined);
  });

const leaderLocked: Proof<GpuWorld> = {
  cause: 'nobody can write who leads: its table is locked',
  alerts: ['GpuLeaderless'],
  async make({ record }) {
    const ending = new AbortController();
    const locked = lockFor(record, 'leader', 600_000, ending.signal);
    return async () => {
      ending.abort();
      await locked;
    };
  },
};

const leaderKilled: Proof<GpuWorld> = {
  cause: 'the scheduler is killed again and again while people ask for their jobs',
  alerts: ['GpuLeaderChanges', 'SchedulerUnreachable'],
  async make({ restart, customers }) {
    const killing = keepDoing(() => restart(scheduler), 8_000);
    const asking = keepDoing(() => customers.paid.ask('GET', '/v1/jobs'), 100);
    return async () => {
      await Promise.all([killing(), asking()]);
    };
  },
};

const logLocked: Proof<GpuWorld> = {
  cause: 'something holds the table of the log for 0.6 s, again and again, while jobs come',
  alerts: ['GpuLogSlow'],
  async make({ record, customers }) {
    const locking = keepDoing(() => lockFor(record, 'events', 600), 100);
    const working = keepSubmitting([customers.free, customers.paid], () => later(), { pauseMs: 500 });
    return async () => {
      await locking();
      await working();
    };
  },
};

const connectionsCut: Proof<GpuWorld> = {
  cause: 'Postgres ends what appends to the log, again and again',
  alerts: ['GpuLogFails'],
  async make({ record, customers }) {
    const cutting = keepDoing(
      () => record`
        select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and datname = current_database() and query ilike '%insert into%events%'`,
      50,
    );
    const { paid, enterprise } = customers;
    const working = keepSubmitting([paid, enterprise], () => errandHere(0.1), { pauseMs: 100 });
    return async () => {
      await cutting();
      await working();
    };
  },
};

const submissionsHeld: Proof<GpuWorld> = {
  cause:
    'something holds the table of submissions for 0.6 s, again and again, while many hand jobs in at once',
  alerts: ['GpuAckSlowBurnsFast', 'GpuShedding'],
  async make({ record, customers }) {
    const locking = keepDoing(() => lockFor(record, 'submissions', 600), 100);
    // As many at once as are a queue (limits.jobs.late).
    const many = Array.from({ length: 120 }, () => customers.paid);
    const working = keepSubmitting(many, () => later(), { pauseMs: 50, eachMax: 16 });
    return async () => {
      await locking();
      await working();
    };
  },
};

const submissionsGone: Proof<GpuWorld> = {
  cause: 'something holds the table of submissions for 20 s, again and again',
  alerts: ['GpuApiErrorsBurnsFast'],
  async make({ record, customers }) {
    const locking = keepDoing(() => lockFor(record, 'submissions', 20_000), 500);
    const many = Array.from({ length: 4 }, () => customers.paid);
    const working = keepSubmitting(many, () => later(), { pauseMs: 500, eachMax: 40 });
    return async () => {
      await locking();
      await working();
    };
  },
};

const redisStopped: Proof<GpuWorld> = {
  cause: 'Redis is stopped while jobs are handed in',
  alerts: ['GpuRatesDegraded'],
  async make({ freeze, customers }) {
    const goOn = freeze(`redis-${regionId}-1`);
    const working = keepSubmitting([customers.free, customers.paid], () => later(), { pauseMs: 500 });
    return async () => {
      goOn();
      await working();
    };
  },
};

const endsRefused: Proof<GpuWorld> = {
  cause: 'a trigger of an operator’s own refuses ends of jobs whose story is long',
  alerts: ['GpuEndsSetAside'],
  async make({ record, customers }) {
    await record.unsafe(`
      create function refuse_long() returns trigger language plpgsql as $$ begin
        if length(new.view::text) > 400 then raise 'too long' using errcode = '22001'; end if;
        return new;
      end $$;
      create trigger refuse_long before insert on job_ends for each row execute function refuse_long()`);
    const working = keepSubmitting([customers.paid], () => errandHere(0.1), { pauseMs: 1_000, eachMax: 20 });
    return async () => {
      await record`drop function refuse_long cascade`;
      await working();
    };
  },
};

export const recordProofs: readonly Proof<GpuWorld>[] = [
  // The lead first: others change it too.
  ...[leaderKilled, leaderLocked, logLocked, connectionsCut, submissionsHeld, submissionsGone],
  ...[redisStopped, endsRefused],
];
