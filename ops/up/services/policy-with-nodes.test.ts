import { expect, it } from 'vitest';
import { policyWithNodes } from './policy-with-nodes.ts';

it('keeps what the operator has set beside the hosts that come and go', () => {
  const scale = { nodes: [] };
  expect(JSON.parse(policyWithNodes(undefined, scale))).toEqual({ scale });
  const tiers = { free: { durability: 'batched' } };
  expect(JSON.parse(policyWithNodes(JSON.stringify({ tiers }), scale))).toEqual({ tiers, scale });
  expect(JSON.parse(policyWithNodes('{"scale":{"idleMs":1}}', scale))).toEqual({ scale: { idleMs: 1 } });
  expect(policyWithNodes('{', scale)).toBe('{');
});
