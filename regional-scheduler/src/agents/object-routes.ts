/**
 * Results and checkpoints, as agents bring and fetch them (shared/src/protocol/agent-objects-api.ts). A host may write
 * what belongs to an attempt that is on record as its own and has not ended, and read checkpoints of the job that it
 * runs: an agent that lies, or has been given up, reaches nobody else's.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { attemptIdSchema, type HostId, jobIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  agentObjectKeySchema,
  uploadCompleteHeader,
  uploadOffsetHeader,
  uploadPieceBytesMax,
  uploadQuerySchema,
} from '@cellbook/shared/protocol/agent-objects-api.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { SchedulerState } from '../core/state.ts';
import type { ObjectStore, Piece } from '../objects/object-store.ts';
import { hostOf } from './agent-gate.ts';
import { BodiesUnderWay } from './bodies-under-way.ts';

export interface ObjectRoutesDeps {
  regionSecret: string;
  objects: ObjectStore;
  state(): SchedulerState | null;
  /** Whether this instance leads: another one's copy is behind, and what is not in it may have happened all the same. */
  leads(): boolean;
}

const url = '/agent/v1/objects/*';
const paramsSchema = z.object({ '*': agentObjectKeySchema });

export async function registerObjects(app: FastifyInstance, deps: ObjectRoutesDeps): Promise<void> {
  const { objects, regionSecret } = deps;
  await app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer', bodyLimit: uploadPieceBytesMax },
      (_request, body, done) => done(null, body),
    );
    const routes = scope.withTypeProvider<ZodTypeProvider>();
    const config = { open: true };
    routes.head(url, { config, schema: { params: paramsSchema, hide: true } }, async (request, reply) => {
      const key = request.params['*'];
      checkWriter(deps, hostOf(request, regionSecret), key);
      const { bytes, isComplete } = await objects.kept(key);
      return tell(reply.code(200), bytes, isComplete).send();
    });
    const put = { params: paramsSchema, querystring: uploadQuerySchema, hide: true };
    const { piecesMax: inAll, piecesOfHostMax: ofHost } = limits.scheduler;
    const underWay = new BodiesUnderWay({ inAll, ofHost });
    /** Before any of its body is read. */
    const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
      reply.raw.once('close', underWay.enter(hostOf(request, regionSecret)));
    };
    const options = { config, onRequest, bodyLimit: uploadPieceBytesMax, schema: put };
    routes.put(url, options, async (request, reply) => {
      const key = request.params['*'];
      checkWriter(deps, hostOf(request, regionSecret), key);
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const { offset, complete } = request.query;
      return answer(reply, await objects.write(key, offset, body, complete), complete !== undefined);
    });
    routes.get(
      url,
      { config, exposeHeadRoute: false, schema: { params: paramsSchema, hide: true } },
      async (request, reply) => {
        const key = request.params['*'];
        checkReader(deps, hostOf(request, regionSecret), key);
        const found = await objects.read(key);
        if (!found) throw missing(key);
        return reply
          .header('content-length', found.bytes)
          .type('application/octet-stream')
          .send(found.stream);
      },
    );
  });
}

function tell(reply: FastifyReply, bytes: number, isComplete: boolean): FastifyReply {
  return reply.header(uploadOffsetHeader, bytes).header(uploadCompleteHeader, String(isComplete));
}

function answer(reply: FastifyReply, piece: Piece, isLast: boolean): FastifyReply {
  switch (piece.kind) {
    case 'kept':
      return tell(reply.code(204), piece.bytes, false).send();
    case 'complete':
      return tell(reply.code(isLast ? 201 : 204), piece.bytes, true).send();
    case 'elsewhere':
      tell(reply, piece.bytes, false);
      throw new CellbookError('conflict', {
        doing,
        problem: `${piece.bytes} bytes are kept: go on from there`,
      });
    case 'corrupt':
      tell(reply, 0, false);
      throw new CellbookError('bad_request', { doing, problem: 'its digest differs', next: 'Begin anew.' });
    case 'full':
      tell(reply, piece.bytes, false);
      throw new CellbookError('volume_full', {
        doing,
        problem: 'the store is full',
        next: 'Try again later.',
      });
  }
}

function checkWriter(deps: ObjectRoutesDeps, hostId: HostId, key: string): void {
  const [, , attemptId = ''] = key.split('/');
  const attempt = stateOf(deps).attempts.get(attemptIdSchema.parse(attemptId));
  if (attempt?.host.spec.hostId !== hostId || !key.includes(attempt.jobId)) refuse(deps, hostId);
}

function checkReader(deps: ObjectRoutesDeps, hostId: HostId, key: string): void {
  const [kind, jobId = ''] = key.split('/');
  const known = stateOf(deps);
  const row = known.jobs.rowOf(jobIdSchema.parse(jobId));
  const live = row === undefined ? null : known.tries.get(row)?.live;
  if (kind !== 'checkpoints' || live?.host.spec.hostId !== hostId) refuse(deps, hostId);
}

/** Only the leader knows that something is not so: from others the agent turns to the next. */
function refuse({ leads }: ObjectRoutesDeps, hostId: HostId): never {
  throw leads() ? notYours(hostId) : behind('this instance does not know of such an attempt yet');
}

function stateOf({ state }: ObjectRoutesDeps): SchedulerState {
  const known = state();
  if (known) return known;
  throw behind('this instance is still reading the record');
}

const behind = (problem: string): CellbookError =>
  new CellbookError('store_unavailable', {
    doing,
    problem,
    next: 'Ask another instance, or this one again in a moment.',
    retryAfterMs: 1_000,
  });

const doing = 'keeping an object of an attempt';

const notYours = (hostId: HostId): CellbookError =>
  new CellbookError('forbidden', {
    doing,
    problem: 'no attempt of this host that has not ended is on record for it',
    ids: { hostId },
  });

const missing = (key: string): CellbookError =>
  new CellbookError('not_found', {
    doing: `fetching ${key}`,
    problem: 'there is no whole object of this key',
  });
