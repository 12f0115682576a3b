/** Whoever hands GPU jobs in: the first of an organisation, whose tier the platform's operator sets. */
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { QuotaPolicy } from '@cellbook/shared/protocol/quota.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { callJson } from '../../client/http.ts';
import { createToken, signIn } from '../../client/sign-in.ts';
import { type Asker, askerOf } from './asker.ts';

export const operatorEmail = 'operator@cellbook.test';
const meSchema = z.object({ orgId: z.string() });

export interface Standing {
  tier: Tier;
  region: string;
  quotas?: QuotaPolicy;
}

export async function newCustomer(origin: string, { tier, region, quotas }: Standing): Promise<Asker> {
  const operator = await signIn(origin, { email: operatorEmail, name: 'The operator', region });
  const email = `${systemRandom.uuid()}@cellbook.test`;
  const cookie = await signIn(origin, { email, name: `A ${tier} customer`, region });
  const me = { path: '/v1/me', headers: { cookie } };
  const { orgId } = meSchema.parse(await callJson(origin, { method: 'GET', ...me }));
  await callJson(origin, {
    ...{ method: 'PUT', path: `/v1/orgs/${orgId}/policy`, headers: { cookie: operator } },
    json: { tier, region: null, emailDomain: null, ...(quotas && { quotas }) },
  });
  const { token } = await createToken(origin, cookie, { name: 'customer' });
  return askerOf(origin, token);
}
