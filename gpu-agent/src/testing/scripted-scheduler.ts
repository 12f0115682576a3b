/**
 * A scheduler that says what a test wants, over HTTP as a real one: orders that stay until they are changed, silence,
 * older epochs, and a store of objects that can be full or break in the middle.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isAgentKey } from '@cellbook/shared/gpu/agent-key.ts';
import { type AttemptId, hostIdSchema } from '@cellbook/shared/ids.ts';
import {
  agentHostHeader,
  agentObjectKeySchema,
  uploadCompleteHeader,
  uploadOffsetHeader,
  uploadQuerySchema,
} from '@cellbook/shared/protocol/agent-objects-api.ts';
import {
  type AgentOrders,
  type AgentReport,
  type AttemptReport,
  agentKeyHeader,
  agentReportSchema,
} from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { ordersOf } from './orders.ts';

export const testRegionSecret = 'a secret of the test region';

/** Tests need not wait as long as an idle host may. */
const waitMsMax = 1_500;

interface Kept {
  bytes: Buffer;
  complete: boolean;
}

export interface ScriptedScheduler {
  url: string;
  /** In order of arrival. */
  reports: AgentReport[];
  objects: Map<string, Kept>;
  /** What it answers from now on; waiting answers go at once. */
  orders(change: Partial<AgentOrders>): void;
  /** It takes reports and answers none. */
  silent: boolean;
  /** Answers to uploads, instead of taking them; the piece is lost. */
  refuseUploads: number | null;
  /** Breaks the connection of every other piece after taking half of it. */
  breakUploads: boolean;
  /** Takes so many pieces more and then leaves each unanswered; null: takes all. */
  piecesLeft: number | null;
  /** Pieces that were kept, in order. */
  pieces: { key: string; offset: number }[];
  /** The last word of an attempt. */
  attempt(attemptId: AttemptId): AttemptReport | undefined;
  close(): Promise<void>;
}

export async function scriptedScheduler(): Promise<ScriptedScheduler> {
  let current = ordersOf({});
  const waiting = new Set<() => void>();
  let pieces = 0;
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://scheduler');
    const host = hostIdSchema.parse(request.headers[agentHostHeader]);
    if (!isAgentKey(String(request.headers[agentKeyHeader]), testRegionSecret, host)) {
      response.writeHead(401).end();
      return;
    }
    const body = await bodyOf(request);
    if (url.pathname === '/agent/v1/report')
      return answerReport(agentReportSchema.parse(JSON.parse(body.toString())), response);
    serveObject(request, url, body, response);
  }

  async function answerReport(report: AgentReport, response: ServerResponse): Promise<void> {
    scheduler.reports.push(report);
    if (scheduler.silent) return;
    const news = current.run.some(
      ({ attemptId }) => !report.attempts.some((known) => known.attemptId === attemptId),
    );
    const asks = current.stop.some(({ attemptId }) =>
      report.attempts.some((known) => known.attemptId === attemptId && known.state.phase === 'running'),
    );
    if (!news && !asks)
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        response.once('close', resolve);
        setTimeout(resolve, Math.min(report.waitMs, waitMsMax)).unref();
      });
    if (!scheduler.silent)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(current));
  }

  function serveObject(request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): unknown {
    const key = agentObjectKeySchema.parse(url.pathname.replace('/agent/v1/objects/', ''));
    const kept = scheduler.objects.get(key) ?? { bytes: Buffer.alloc(0), complete: false };
    const answer = (status: number, now: Kept) => {
      if (status < 400) scheduler.objects.set(key, now);
      response
        .writeHead(status, {
          [uploadOffsetHeader]: String(now.bytes.length),
          [uploadCompleteHeader]: String(now.complete),
        })
        .end();
    };
    if (request.method === 'HEAD') return answer(200, kept);
    if (request.method === 'GET') {
      if (kept.complete) response.writeHead(200).end(kept.bytes);
      else response.writeHead(404).end();
      return;
    }
    if (scheduler.refuseUploads !== null) return answer(scheduler.refuseUploads, kept);
    if (scheduler.piecesLeft !== null && scheduler.piecesLeft-- <= 0) return;
    const { offset, complete } = uploadQuerySchema.parse(Object.fromEntries(url.searchParams));
    if (scheduler.breakUploads && pieces++ % 2 === 0) {
      const half = body.subarray(0, Math.ceil(body.length / 2));
      scheduler.objects.set(key, { bytes: Buffer.concat([kept.bytes, half]), complete: false });
      response.destroy();
      return;
    }
    if (offset !== kept.bytes.length) return answer(409, kept);
    scheduler.pieces.push({ key, offset });
    const bytes = Buffer.concat([kept.bytes, body]);
    if (complete === undefined) return answer(204, { bytes, complete: false });
    const right = createHash('sha256').update(bytes).digest('hex') === complete;
    answer(
      right ? 201 : 400,
      right ? { bytes, complete: true } : { bytes: Buffer.alloc(0), complete: false },
    );
  }

  const scheduler: ScriptedScheduler = {
    ...{ url: '', reports: [], objects: new Map(), silent: false },
    ...{ refuseUploads: null, breakUploads: false, piecesLeft: null, pieces: [] },
    orders(change) {
      current = { ...current, ...change };
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
    attempt: (attemptId) =>
      scheduler.reports.at(-1)?.attempts.find((attempt) => attempt.attemptId === attemptId),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scheduler.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return scheduler;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
