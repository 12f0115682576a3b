/** Asks the edge something in this region's name (shared/src/protocol/region-asks.ts). */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { regionAskAudience, regionAsks } from '@cellbook/shared/protocol/region-asks.ts';
import { statementMediaType } from '@cellbook/shared/protocol/statements.ts';
import { SignJWT } from 'jose';
import type { z } from 'zod';

type Kind = keyof typeof regionAsks;

/** Throws where it is not answered: what was asked for may have happened. `not_found`: this edge knows no such question. */
export type AskEdge = <Name extends Kind, Told>(
  kind: Name,
  said: z.input<(typeof regionAsks)[Name]['schema']>,
  told: z.ZodType<Told>,
) => Promise<Told>;

export function createAskEdge(deps: {
  from: RegionId;
  edgeUrl: string;
  secret: string;
  clock: Clock;
  signal?: AbortSignal;
}): AskEdge {
  const { from, edgeUrl, secret, clock, signal } = deps;
  return async (kind, said, told) => {
    const { path, typ } = regionAsks[kind];
    const seconds = Math.floor(clock.nowMs() / 1000);
    const token = await new SignJWT({ ...said })
      .setProtectedHeader({ alg: 'HS256', typ })
      .setIssuer(from)
      .setAudience(regionAskAudience)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + limits.federation.tokenSeconds)
      .sign(new TextEncoder().encode(secret));
    const details = {
      code: 'provider_unavailable',
      doing: `asking the edge for a region’s ${kind}`,
    } as const;
    const asked = async (deadline: AbortSignal) => {
      const answer = await fetch(new URL(path, edgeUrl), {
        ...{ method: 'POST', body: token, signal: deadline },
        headers: { 'content-type': statementMediaType },
      });
      return { status: answer.status, text: await answer.text() };
    };
    const { status, text } = await withDeadline(clock, limits.federation.callMsMax, details, asked, signal);
    if (status === 200) return told.parse(JSON.parse(text));
    const problem = `it answers ${status}: ${text.slice(0, 200)}`;
    const code = status === 404 ? 'not_found' : details.code;
    throw new CellbookError(code, { ...details, problem, ids: { region: from } });
  };
}
