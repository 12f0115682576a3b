/** Whether this edge can route: it has pins; and the names of the keys it signs with. What cells do is theirs to say. */
import type { Ask } from './ask.ts';

export async function answerHealth(ask: Ask): Promise<Response> {
  const pins = await ask.edge.forwarder.pins.get(ask.defer);
  const { CELLBOOK_CREDENTIAL_KEYS: credentials, CELLBOOK_PRINCIPAL_KEY: principal } = ask.edge.config;
  const signsWith = { credentials: credentials[0]?.kid, principal: principal.kid };
  return Response.json(
    { ok: true, pinEpoch: pins.epoch, signsWith },
    { headers: { 'cache-control': 'no-store' } },
  );
}

export async function answerMetrics(ask: Ask): Promise<Response> {
  const { edge, defer } = ask;
  const pins = await edge.forwarder.pins.get(defer);
  const headers = { 'content-type': 'text/plain; version=0.0.4', 'cache-control': 'no-store' };
  return new Response(edge.metrics.text(pins.epoch), { headers });
}
