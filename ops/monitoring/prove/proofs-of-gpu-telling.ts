/** What befalls webhooks: receivers that are away, or want no more, and a sender that cannot get at its table. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sleep, systemClock } from '@cellbook/shared/clock.ts';
import type postgres from 'postgres';
import { waitUntil } from '../../up/wait-until.ts';
import type { GpuWorld } from './gpu-world.ts';
import { errandHere, keepSubmitting } from './keep-submitting.ts';
import { keepDoing, type Proof } from './proof.ts';

const told = (url: string) => ({ ...errandHere(0.1), webhook: { url } });

/** Answers whatever comes with this status. */
async function startReceiver(status: number) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stop };
}

const receiversAway: Proof<GpuWorld> = {
  cause: 'nobody’s receiver of webhooks can be reached',
  alerts: ['GpuWebhooksFail'],
  async make({ customer }) {
    // Each organisation is counted once in a quarter of an hour, and the rule looks at a minute of them.
    return keepDoing(async () => {
      const one = await customer({ tier: 'paid' });
      await one.submit(told('http://127.0.0.1:1/'));
    }, 4_000);
  },
};

const receiverWantsNoMore: Proof<GpuWorld> = {
  cause: 'a receiver answers each webhook that it wants no more (410)',
  alerts: ['GpuWebhooksGivenUp'],
  async make({ customers }) {
    const receiver = await startReceiver(410);
    const working = keepSubmitting([customers.paid], () => told(receiver.url), { pauseMs: 200, eachMax: 60 });
    return async () => {
      await working();
      receiver.stop();
    };
  },
};

const senderLockedOut: Proof<GpuWorld> = {
  cause:
    'the table of webhooks cannot be written, and what waits in it has been due for ten minutes (set back in it)',
  alerts: ['GpuWebhooksLate'],
  async make({ customers, record }) {
    const receiver = await startReceiver(503);
    const working = keepSubmitting([customers.paid], () => told(receiver.url), { pauseMs: 200, eachMax: 5 });
    const wait = async () => (await record`select 1 from webhook_outbox where attempts > 0`).length >= 5;
    const what = 'webhooks that were tried';
    await waitUntil(wait, { clock: systemClock, deadlineMs: 60_000, what, pollMs: 500 }).catch(
      async (thrown: unknown) => {
        await working();
        receiver.stop();
        throw thrown;
      },
    );
    const ending = new AbortController();
    const locked = lockOverdue(record, ending.signal);
    return async () => {
      ending.abort();
      await locked;
      await working();
      receiver.stop();
    };
  },
};

/** The sender may be at it first: then they are not overdue any more, and it is done again. */
const state = 'waiting';
async function lockOverdue(record: postgres.Sql, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await record`update webhook_outbox set due_ms = due_ms - 1200000 where state = ${state}`;
    await record.begin(async (sql) => {
      // Reading goes on.
      await sql`lock table webhook_outbox in share mode`;
      const [{ due } = { due: null }] = await sql<{ due: number | null }[]>`
        select min(due_ms)::float8 as due from webhook_outbox where state = ${state}`;
      const isOverdue = due !== null && due < systemClock.nowMs() - 660_000;
      if (isOverdue) await sleep(systemClock, 600_000, signal).catch(() => undefined);
    });
  }
}

export const tellingProofs: readonly Proof<GpuWorld>[] = [
  receiverWantsNoMore,
  receiversAway,
  senderLockedOut,
];
