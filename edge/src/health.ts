/** Whether this edge can route: it has pins. What the cells do is theirs to say. */
import type { Ask } from './ask.ts';

export async function answerHealth(ask: Ask): Promise<Response> {
  const pins = await ask.edge.forwarder.pins.get(ask.defer);
  return Response.json({ ok: true, pinEpoch: pins.epoch }, { headers: { 'cache-control': 'no-store' } });
}

export async function answerMetrics(ask: Ask): Promise<Response> {
  const { edge, defer } = ask;
  const pins = await edge.forwarder.pins.get(defer);
  const headers = { 'content-type': 'text/plain; version=0.0.4', 'cache-control': 'no-store' };
  return new Response(edge.metrics.text(pins.epoch), { headers });
}
