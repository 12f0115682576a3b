/**
 * What is to be done so that what a provider has is what is on record, and what has happened there that is not. Pure, of
 * what it lists and what is written down; repeats are harmless. Only what is written is asked for, and only what was asked
 * for is given back: a number beyond those given out is of a leader that knows more than this one.
 */
import type { CapacityState, NodeRecord } from './capacity.ts';

export interface ListedNode {
  node: string;
  phase: 'provisioning' | 'up' | 'failed' | 'removing';
  because: string | null;
}

export interface Reconciled {
  create: NodeRecord[];
  /** Nodes. */
  remove: string[];
  events: ({ type: 'node_failed'; node: string; because: string } | { type: 'node_removed'; node: string })[];
}

export function reconcile(
  { nodes, asked }: Pick<CapacityState, 'nodes' | 'asked'>,
  listed: readonly ListedNode[],
): Reconciled {
  const there = new Map(listed.map((one) => [one.node, one]));
  const plan: Reconciled = { create: [], remove: [], events: [] };
  for (const record of nodes.values()) {
    const { node } = record;
    const found = there.get(node);
    if (record.phase === 'asked') {
      if (!found) plan.create.push(record);
      else if (found.phase === 'failed')
        plan.events.push({ type: 'node_failed', node, because: found.because ?? 'its provider says so' });
    } else if (record.phase === 'removing') {
      if (!found) plan.events.push({ type: 'node_removed', node });
      else if (found.phase !== 'removing') plan.remove.push(node);
    }
  }
  for (const { node, phase } of listed)
    if (!nodes.has(node) && Number(node) <= asked && phase !== 'removing') plan.remove.push(node);
  return plan;
}
