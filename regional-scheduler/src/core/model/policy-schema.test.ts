import { expect, it } from 'vitest';
import { defaultPolicy } from './default-policy.ts';
import { policySchema } from './policy-schema.ts';

it('a policy of which nothing is written is the default one, and what is written replaces that alone', () => {
  expect(policySchema.parse({})).toEqual(defaultPolicy);
  const { preemption, tiers } = policySchema.parse({
    preemption: { ranMsMin: 1 },
    tiers: { paid: { weight: 9 }, free: { durability: 'batched' } },
  });
  expect(preemption).toEqual({ ...defaultPolicy.preemption, ranMsMin: 1 });
  expect(tiers.paid).toEqual({ ...defaultPolicy.tiers.paid, weight: 9 });
  expect(tiers.free).toEqual({ ...defaultPolicy.tiers.free, durability: 'batched' });
  expect(tiers.enterprise).toEqual(defaultPolicy.tiers.enterprise);
});

it.each([
  { tiers: { free: { floorShare: 0.9 } } },
  { tiers: { platinum: {} } },
  { preemption: { ranMs: 1 } },
  { tiers: { free: { ceilingShare: 2 } } },
  { tiers: { free: { durability: 'mirrored' } } },
])('refuses %j', (given) => expect(policySchema.safeParse(given).success).toBe(false));
