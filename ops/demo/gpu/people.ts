/** A free, a paid and an enterprise customer, whose tiers the platform's operator sets. */
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { z } from 'zod';
import { callJson } from '../../client/http.ts';
import { createToken, signIn } from '../../client/sign-in.ts';
import { type Jobs, jobsClient } from './jobs-client.ts';
import type { GpuStage } from './stage.ts';

export const operatorEmail = 'operator@cellbook.test';
const meSchema = z.object({ orgId: z.string() });

export interface Customers {
  free: Jobs;
  paid: Jobs;
  enterprise: Jobs;
}

export async function customers(stage: GpuStage): Promise<Customers> {
  const { origin, region } = stage;
  const operator = await signIn(origin, { email: operatorEmail, name: 'The operator', region });
  const customer = async (tier: z.infer<typeof tierSchema>): Promise<Jobs> => {
    const cookie = await signIn(origin, {
      email: `${tier}@cellbook.test`,
      name: `A ${tier} customer`,
      region,
    });
    const { orgId } = meSchema.parse(
      await callJson(origin, { method: 'GET', path: '/v1/me', headers: { cookie } }),
    );
    await callJson(origin, {
      method: 'PUT',
      path: `/v1/orgs/${orgId}/policy`,
      headers: { cookie: operator },
      json: { tier: tierSchema.parse(tier), region: null, emailDomain: null },
    });
    const { token } = await createToken(origin, cookie, { name: 'demo', expiresInDays: 1 });
    return jobsClient(stage, token);
  };
  return {
    free: await customer('free'),
    paid: await customer('paid'),
    enterprise: await customer('enterprise'),
  };
}
