import { sandboxIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';

export const workspaceParams = z.object({ id: workspaceIdSchema });
export const sandboxParams = z.object({ id: sandboxIdSchema });

/** Aborts when whoever asked has gone, or its connection has: nobody waits for the work any more. */
export function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the controller went away'));
  });
  return controller.signal;
}
