/** Who hands jobs in: customers of the three tiers, each user with what the edge would have signed for him. */
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import {
  principalHeader,
  principalIssuer,
  requestIdHeader,
  type Tier,
} from '@cellbook/shared/protocol/principal.ts';
import { idempotencyKeyHeader } from '@cellbook/shared/protocol/workspace-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type CryptoKey, SignJWT } from 'jose';

export interface Person {
  tier: Tier;
  /** Lines of every request of his. */
  headers: string;
}

/** Of 100 submissions. */
export const mix: Record<Tier, number> = { free: 50, paid: 30, enterprise: 20 };

/** A tier's share of the customers is that of its submissions. */
export async function drawPeople(
  count: number,
  tools: { key: CryptoKey; audience: string; random: Random; nowMs: number },
): Promise<Record<Tier, Person[]>> {
  const people: Record<Tier, Person[]> = { free: [], paid: [], enterprise: [] };
  for (const tier of Object.keys(mix) as Tier[])
    for (let number = 0; number < (count * mix[tier]) / 100; number++)
      people[tier].push({ tier, headers: await headersOf(tier, tools) });
  return people;
}

async function headersOf(
  tier: Tier,
  { key, audience, random, nowMs }: { key: CryptoKey; audience: string; random: Random; nowMs: number },
): Promise<string> {
  const iat = Math.floor(nowMs / 1_000);
  const claims = {
    ...{ iss: principalIssuer, aud: audience, sub: newUserId(random), org: newOrgId(random), tier },
    ...{ name: 'Ada', role: 'member', scopes: null, via: 'token', cred: 'key-1', pin: 1 },
  };
  // For the whole run: what the edge signs anew each minute is checked once by an instance, as here.
  const token = await new SignJWT({ ...claims, iat, exp: iat + 7_200 })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'edge' })
    .sign(key);
  return `${principalHeader}: ${token}\r\n`;
}

export interface Submission {
  key: string;
  /** The edge gives each request one. */
  requestId: string;
  number: number;
}

export function submission(person: Person, { key, requestId, number }: Submission): string {
  const body = JSON.stringify({
    task: {
      kind: 'video',
      prompt: `a fox in the snow at dawn, slow pan to the left, take ${number}`,
      parameters: { steps: 10 + (number % 5) * 10, durationSeconds: 4, seed: number },
    },
    resources: { gpus: number % 10 === 0 ? 2 : 1 },
    wallSeconds: 60,
  });
  return (
    `POST /v1/jobs HTTP/1.1\r\nhost: gpu\r\n${person.headers}${idempotencyKeyHeader}: ${key}\r\n` +
    `${requestIdHeader}: ${requestId}\r\n` +
    `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

export const question = (person: Person, jobId: string): string =>
  `GET /v1/jobs/${jobId} HTTP/1.1\r\nhost: gpu\r\n${person.headers}\r\n`;
