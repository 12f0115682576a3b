import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { responseSink } from '@cellbook/shared/http/response-sink.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { z } from 'zod';
import type { WorkspaceStore } from '../../lifecycle/stores/workspace-store.ts';
import type { HoldOpen } from '../../standing/standing.ts';
import { needs } from '../access/route-access.ts';
import type { ApiScope } from '../api-scope.ts';
import type { ChangeFeed } from './change-feed.ts';
import { EventStream } from './event-stream.ts';
import type { QueueFeed } from './queue-feed.ts';

export interface EventDeps {
  store: Pick<WorkspaceStore, 'listChanged'>;
  feed: ChangeFeed;
  /** Where workspaces stand among those that wait to start; absent: nothing is told of it. */
  queue?: Pick<QueueFeed, 'follow'>;
  clock: Clock;
  log: Logger;
  /** A stream ends with the right that it was asked for with. */
  standing?: HoldOpen;
}

const { eventBufferBytesMax: bufferBytesMax, eventCutMs: cutMs } = limits.api;

const headersSchema = z.looseObject({
  'last-event-id': z.coerce.number().int().nonnegative().optional(),
});

export function registerEventRoutes(app: ApiScope, deps: EventDeps): void {
  const { store, feed, queue, clock, log, standing } = deps;
  const streams = new Set<EventStream>();
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.end();
  });
  const schema = {
    operationId: 'followEvents',
    summary: 'Your workspaces as they change, as server-sent events',
    description:
      'Each `event: workspace` carries `{"workspace": …}` whole; its id is a cursor for Last-Event-ID. Without ' +
      'one, every workspace of yours comes first. `event: queue` tells of one that waits for its turn to start where ' +
      'it stands: `{"workspaceId": …, "queue": {"position": …, "of": …}}`, with null when it waits no longer. The stream ends now and then: connect again.',
    tags: ['events'],
    headers: headersSchema,
    response: {
      200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
    },
  };
  app.get(
    '/v1/events',
    { schema, ...needs('workspace.list') },
    async ({ principal, headers, method }, reply) => {
      if (method === 'HEAD') return reply.headers(streamHeaders).send('');
      const ownerId = principal.sub;
      standing?.checkOpening(principal);
      if (feed.followers(ownerId) >= limits.api.eventStreamsPerUserMax) throw tooMany(ownerId);
      reply.hijack();
      // Whoever left while the gate looked him up has closed already, and would keep his place for good.
      if (reply.raw.destroyed) return;
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      reply.raw.writeHead(200, streamHeaders);
      const stream = new EventStream({
        store,
        clock,
        ownerId,
        orgId: principal.org,
        sink: responseSink(reply.raw, clock, { bufferBytesMax, cutMs }),
        cursor: headers['last-event-id'] ?? 0,
        onFailure: (error) =>
          log.warn({ err: error, ownerId }, 'an event stream failed; its client comes back'),
      });
      const unfollow = feed.follow(ownerId, () => stream.hint());
      const leaveQueue = queue?.follow({ ownerId, orgId: principal.org }, (event) =>
        stream.say('queue', event),
      );
      const ending = clock.setTimer(limits.api.eventStreamMsMax, () => stream.end());
      streams.add(stream);
      const letGo = standing?.hold(principal, { what: 'stream', workspaceId: null, end: () => stream.end() });
      reply.raw.once('close', () => {
        ending.cancel();
        letGo?.();
        unfollow();
        leaveQueue?.();
        streams.delete(stream);
        stream.end();
      });
      stream.hint();
    },
  );
}

/** Whoever asks for these alone (HEAD) opens no stream. */
const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

const tooMany = (userId: string): CellbookError =>
  new CellbookError('rate_limited', {
    doing: 'opening a stream of events',
    problem: `you have ${limits.api.eventStreamsPerUserMax} streams open, which is the limit`,
    next: 'Close a window, then try again.',
    ids: { userId },
    retryAfterMs: 5_000,
  });
