/**
 * POST /agent/v1/report. The leader answers; another instance sends the agent on to it, or, where the record has just
 * said that nobody's time to lead is running, says so: leases then last as if a leader had answered. It must have been
 * read after the report came: a leader of the meantime counts from its own first moment, which is later than the
 * report's sending, so that it waits longer than the agent goes on.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  type AgentReport,
  agentKeyHeader,
  agentOrdersSchema,
  agentReportSchema,
} from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { leaderlessOrders } from '../core/reports/orders.ts';
import type { Inbox } from '../lead/inbox.ts';
import type { LeaderStore } from '../leader/leader-store.ts';
import { checkKey, hostOf } from './agent-gate.ts';
import { BodiesUnderWay } from './bodies-under-way.ts';

export interface ReportDeps {
  regionSecret: string;
  /** Of this instance. */
  url(): string;
  /** Told of each report before it is taken in; must not throw. */
  heard?(report: AgentReport): void;
  /** Null while it does not lead. */
  inbox(): Inbox | null;
  leaders: Pick<LeaderStore, 'current'>;
  clock: Clock;
  agentLeaseMs: number;
}

const path = '/agent/v1/report';
const asking = { code: 'store_unavailable', doing: 'asking who leads the region' } as const;

export function registerReport(app: FastifyInstance, deps: ReportDeps): void {
  const { reportsReadMax: inAll, reportsReadOfHostMax: ofHost } = limits.scheduler;
  const beingRead = new BodiesUnderWay({ inAll, ofHost });
  const read = Symbol('read');
  app.withTypeProvider<ZodTypeProvider>().post(
    path,
    {
      config: { open: true },
      // Before any of its body is read.
      async onRequest(request, reply) {
        const leave = beingRead.enter(hostOf(request, deps.regionSecret));
        reply.raw.once(read, leave).once('close', leave);
      },
      // An agent may wait long for its answer.
      async preValidation(_request, reply) {
        reply.raw.emit(read);
      },
      bodyLimit: limits.scheduler.reportBytesMax,
      schema: { body: agentReportSchema, hide: true },
    },
    async (request, reply) => {
      checkKey(request.headers[agentKeyHeader], deps.regionSecret, request.body.hostId);
      deps.heard?.(request.body);
      const inbox = deps.inbox();
      if (inbox) return reply.send(agentOrdersSchema.parse(await inbox.ask(request.body)));
      const row = await withDeadline(deps.clock, limits.scheduler.leaseStatementMs, asking, () =>
        deps.leaders.current(),
      );
      if (!row?.isValid) return reply.send(leaderlessOrders(deps.agentLeaseMs));
      if (row.url !== deps.url()) return reply.redirect(new URL(path, row.url).href, 307);
      throw betweenTerms();
    },
  );
}

const betweenTerms = (): CellbookError =>
  new CellbookError('capacity_exhausted', {
    doing: 'answering a report',
    problem: 'this instance is about to lead, or has just ceased to',
    next: 'Report again in a moment.',
    retryAfterMs: limits.scheduler.campaignMs,
  });
