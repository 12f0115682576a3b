/** The schedulers of other regions, as this one calls them: each has several instances, any of which answers. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError, httpStatusByCode } from '@cellbook/shared/errors.ts';
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

/**
 * Why there is no answer. `refused`: it was understood, and the same words will not be taken next time either.
 * `unreadable`: something was answered, and perhaps done. `unreachable`: it may be otherwise in a moment.
 */
export type PeerTrouble = 'refused' | 'unreadable' | 'unreachable';

export class PeerError extends CellbookError {
  readonly trouble: PeerTrouble;

  constructor(to: RegionId, trouble: PeerTrouble, problem: string, cause?: unknown) {
    const said = { doing: `asking region ${to}`, problem, ids: { region: to }, cause };
    super(trouble === 'refused' ? 'bad_request' : 'provider_unavailable', said);
    this.trouble = trouble;
  }
}

export interface PeerCaller {
  regions: readonly RegionId[];
  /** Throws a `PeerError` where nobody there answered with what was asked for. */
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
    if (!response.ok)
      throw new PeerError(to, troubleOf(response.status), `${response.status}: ${text.slice(0, 200)}`);
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw new PeerError(to, 'unreadable', 'its answer cannot be read', error);
    }
  }
  return {
    regions: others.map((peer) => peer.region),
    async call(to, call, schema) {
      let last = new PeerError(to, 'unreachable', 'nobody is known there');
      for (const [at, url] of (others.find((peer) => peer.region === to)?.urls ?? []).entries()) {
        try {
          return await callOne(url, to, call, schema);
        } catch (error) {
          const next = peerErrorOf(to, error);
          // An instance that is away may know what another refuses: only what all of them refuse is refused.
          last = at === 0 || next.trouble !== 'refused' ? next : last;
        }
      }
      throw last;
    },
  };
}

/** `internal` is among them: what one's words bring about there they may bring about again; an outage is a 503. */
const refusals: readonly number[] = (
  ['bad_request', 'too_large', 'unsupported_media_type', 'internal'] as const
).map((code) => httpStatusByCode[code]);

const troubleOf = (status: number): PeerTrouble => (refusals.includes(status) ? 'refused' : 'unreachable');

function peerErrorOf(to: RegionId, error: unknown): PeerError {
  if (error instanceof PeerError) return error;
  return new PeerError(to, 'unreachable', error instanceof Error ? error.message : String(error), error);
}
