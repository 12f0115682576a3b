import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { expect, it } from 'vitest';
import { type NodePhase, newCapacity } from './capacity.ts';
import { type ListedNode, reconcile } from './reconcile.ts';

const kind = {
  ...{ name: 'cloud', sku: 'H100', gpus: 8, gpuMemoryMib: 1, provisionMs: 60_000 },
  ...{ gpusMin: 0, gpusMax: 8 },
};

/** Three numbers were given out; the first is on record in this phase. */
function onRecord(phase: NodePhase | null) {
  const capacity = { ...newCapacity(), asked: 3 };
  const record = { node: '1', hostId: hostIdSchema.parse('cloud-n1'), kind, phase: phase!, askedMs: 0 };
  if (phase) capacity.nodes.set('1', record);
  return capacity;
}
const listed = (phase: ListedNode['phase'], node = '1'): ListedNode => ({ node, phase, because: null });
const nothing = { create: [], remove: [], events: [] };

it('asks for what is on record until it is listed, as often as it takes', () => {
  const capacity = onRecord('asked');
  expect(reconcile(capacity, []).create).toEqual([capacity.nodes.get('1')]);
  expect(reconcile(capacity, [listed('provisioning')])).toEqual(nothing);
  expect(reconcile(capacity, [listed('up')])).toEqual(nothing);
});

it('tells of what failed, and gives it back once that is on record', () => {
  const told = reconcile(onRecord('asked'), [listed('failed')]);
  expect(told).toMatchObject({ create: [], remove: [], events: [{ type: 'node_failed', node: '1' }] });
  expect(reconcile(onRecord(null), [listed('failed')])).toEqual({ ...nothing, remove: ['1'] });
});

it('gives back what is on record as to go, until it is listed no more', () => {
  expect(reconcile(onRecord('removing'), [listed('up')])).toEqual({ ...nothing, remove: ['1'] });
  expect(reconcile(onRecord('removing'), [listed('removing')])).toEqual(nothing);
  expect(reconcile(onRecord('removing'), []).events).toEqual([{ type: 'node_removed', node: '1' }]);
});

it.each(['up', 'leaving'] as const)('leaves alone what is %s, whatever is listed', (phase) => {
  expect(reconcile(onRecord(phase), [])).toEqual(nothing);
  expect(reconcile(onRecord(phase), [listed('failed')])).toEqual(nothing);
});

it('gives back what nobody knows of a number that was given out, and nothing that a later leader asked for', () => {
  expect(reconcile(onRecord(null), [listed('up', '3'), listed('up', '4')])).toEqual({
    ...nothing,
    remove: ['3'],
  });
});
