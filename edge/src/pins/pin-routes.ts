/** `/pins` (shared/src/protocol/pins-api.ts): how pins come to this edge, and how a publisher looks at what they do. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { bucketCount } from '@cellbook/shared/pins/pins.ts';
import { type PinsOrder, pinsOrderSchema, pinsOrderType } from '@cellbook/shared/protocol/pins-api.ts';
import { compactVerify, createLocalJWKSet } from 'jose';
import type { Ask } from '../ask.ts';
import { audited } from '../audit/audited.ts';
import { noteAudit } from '../audit/note-audit.ts';
import type { SignedPins } from '../directory/signed-pins.ts';
import type { OpenRoute } from '../edge-route.ts';
import { readText } from '../read-body.ts';
import { probe } from './probe.ts';

const open = 'the body is signed with the pin key';
const publishing = { method: 'PUT', path: '/pins' } as const;

export const pinRoutes: readonly OpenRoute[] = [
  { ...publishing, open, recordsItself: true, answer: ({ ask }) => publish(ask) },
  { method: 'POST', path: '/pins/show', open, answer: ({ ask }) => show(ask) },
  {
    method: 'POST',
    path: '/pins/probe',
    open,
    answer: async ({ ask }) => answer(await probe(ask, await orderIn(ask, 'probe'))),
  },
];

async function publish(ask: Ask): Promise<Response> {
  const { edge, request } = ask;
  const jws = (await readText(request, doing, limits.pins.bytesMax)).trim();
  const pins = await edge.verifyPins(jws).catch((cause: unknown) => {
    throw notSigned('this is no pin document signed by the key that this edge trusts', cause);
  });
  // Whoever has no key leaves no more than a refusal, which is counted.
  return audited(ask, { route: publishing, params: {}, identity: null }, () => take(ask, pins));
}

async function take(ask: Ask, pins: SignedPins): Promise<Response> {
  const { edge, defer } = ask;
  const details = { epoch: pins.epoch, buckets: pins.rollout?.buckets ?? bucketCount };
  noteAudit(ask, { which: { kind: 'pins', id: String(pins.epoch) }, details });
  const held = await edge.pins.reload(defer).catch(() => null);
  if (held && held.epoch >= pins.epoch && held.jws !== pins.jws) throw stale(pins.epoch, held.epoch);
  const { published, epoch } = await edge.pinStore.publish(pins, held);
  if (!published) throw stale(pins.epoch, epoch);
  // Elsewhere the edge sees them within a minute; here at once.
  edge.pins.put(pins, defer);
  return answer({ epoch });
}

async function show(ask: Ask): Promise<Response> {
  const { before } = await orderIn(ask, 'show');
  // What is in use may have come by KV alone, as at a first start.
  const newest = async () => (await ask.edge.pins.reload(ask.defer).catch(() => null))?.jws ?? null;
  return answer({ jws: await (before === undefined ? newest() : ask.edge.pinStore.newestBefore(before)) });
}

async function orderIn<const Name extends PinsOrder['order']>(
  ask: Ask,
  name: Name,
): Promise<Extract<PinsOrder, { order: Name }>> {
  const { clock, config } = ask.edge;
  const jws = (await readText(ask.request, doing, limits.pins.orderBytesMax)).trim();
  try {
    const key = createLocalJWKSet({ keys: config.CELLBOOK_PIN_PUBLIC_KEY });
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ['EdDSA'] });
    const order = pinsOrderSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
    const isFresh = Math.abs(clock.nowMs() - order.iat) < limits.pins.orderMsMax;
    if (protectedHeader.typ !== pinsOrderType || !isFresh || order.order !== name)
      throw new Error('no such order');
    return order as Extract<PinsOrder, { order: Name }>;
  } catch (cause) {
    throw notSigned('this is no order of a publisher, or older than a minute', cause);
  }
}

const doing = 'taking word about pins';

const stale = (epoch: number, pinEpoch: number): CellbookError =>
  new CellbookError('stale_epoch', {
    doing,
    problem: `there are pins of epoch ${pinEpoch} already`,
    next: 'Publish with a higher epoch: another publisher may be at work.',
    ids: { epoch, pinEpoch },
  });

const notSigned = (problem: string, cause: unknown): CellbookError =>
  new CellbookError('forbidden', {
    doing,
    problem,
    next: 'Use `npm run pins`, which signs what it sends.',
    cause,
  });

const answer = (body: unknown): Response => Response.json(body, { headers: { 'cache-control': 'no-store' } });
