import { expect, it } from 'vitest';
import { hostIdSchema } from '../ids.ts';
import { agentKeyOf, isAgentKey } from './agent-key.ts';

const [one, other] = ['gpu-eu-a', 'gpu-eu-b'].map((name) => hostIdSchema.parse(name)) as [never, never];

it('a host’s key speaks for that host alone, and in its own region alone', () => {
  const key = agentKeyOf('secret of eu', one);
  expect(isAgentKey(key, 'secret of eu', one)).toBe(true);
  expect(isAgentKey(key, 'secret of eu', other)).toBe(false);
  expect(isAgentKey(key, 'secret of us', one)).toBe(false);
  expect(isAgentKey(key.slice(1), 'secret of eu', one)).toBe(false);
  expect(isAgentKey('', 'secret of eu', one)).toBe(false);
});
