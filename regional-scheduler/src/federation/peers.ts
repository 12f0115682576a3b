/** The schedulers of other regions, as this one calls them: each has several instances, any of which answers. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type RegionId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { federationHeader } from '@cellbook/shared/protocol/federation-api.ts';
import { z } from 'zod';
import { signCall } from './token.ts';

export const peersSchema = z
  .array(
    z.object({
      region: regionIdSchema,
      urls: z
        .array(z.url({ protocol: /^https?$/ }))
        .min(1)
        .max(20),
    }),
  )
  .max(100);
export type Peers = z.infer<typeof peersSchema>;

export interface PeerCall {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
}

export interface PeerCaller {
  regions: readonly RegionId[];
  /** Throws where nobody there answered with what was asked for. */
  call<Answer>(to: RegionId, call: PeerCall, schema: z.ZodType<Answer>): Promise<Answer>;
}

export function createPeerCaller(deps: {
  regionId: RegionId;
  peers: Peers;
  secret: string;
  clock: Clock;
  signal: AbortSignal;
}): PeerCaller {
  const { regionId, peers, secret, clock, signal } = deps;
  const others = peers.filter((peer) => peer.region !== regionId);
  async function callOne<Answer>(url: string, to: RegionId, call: PeerCall, schema: z.ZodType<Answer>) {
    const body = call.body === undefined ? '' : JSON.stringify(call.body);
    const token = await signCall(secret, { from: regionId, to, ...call, body }, clock);
    const details = { code: 'provider_unavailable', doing: `asking region ${to}` } as const;
    const asked = async (deadline: AbortSignal) => {
      const response = await fetch(new URL(call.path, url), {
        method: call.method,
        headers: {
          [federationHeader]: token,
          ...(body === '' ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === '' ? {} : { body }),
        signal: deadline,
      });
      return { response, text: await response.text() };
    };
    const { response, text } = await withDeadline(clock, limits.federation.callMsMax, details, asked, signal);
    if (response.ok) return schema.parse(JSON.parse(text));
    throw unreachable(to, `${response.status}: ${text.slice(0, 200)}`);
  }
  return {
    regions: others.map((peer) => peer.region),
    async call(to, call, schema) {
      let last: unknown;
      for (const url of others.find((peer) => peer.region === to)?.urls ?? []) {
        try {
          return await callOne(url, to, call, schema);
        } catch (error) {
          last = error;
        }
      }
      throw unreachable(to, last instanceof Error ? last.message : 'nobody is known there', last);
    },
  };
}

const unreachable = (to: RegionId, problem: string, cause?: unknown): CellbookError =>
  new CellbookError('provider_unavailable', {
    doing: `asking region ${to}`,
    problem,
    ids: { region: to },
    cause,
  });
