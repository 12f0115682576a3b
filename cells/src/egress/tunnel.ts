/** `CONNECT host:port`: a connection for TLS to a name, or for anything where the rule is not of TLS. */
import type { Duplex } from 'node:stream';
import { limits } from '@cellbook/shared/limits.ts';
import { dial } from './dial.ts';
import { Passage } from './passage.ts';
import type { ProxyDeps } from './proxy-deps.ts';
import { requireServerName } from './read-hello.ts';
import { Refusal } from './refusal.ts';
import { relay } from './relay.ts';
import { parseAuthority } from './rules.ts';

export async function tunnel(
  deps: ProxyDeps,
  authority: string,
  client: Duplex,
  head: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const gone = () => void client.destroy();
  client.on('error', gone);
  signal.addEventListener('abort', gone, { once: true });
  client.once('close', () => signal.removeEventListener('abort', gone));
  const target = parseAuthority(authority);
  if (target === null) return refuse(client, new Refusal('not_allowed', 'it is no host and port'));
  let passage: Passage | null = null;
  try {
    passage = await Passage.begin(deps, target);
    const rule = passage.admit();
    const { socket, address } = await dial(deps, rule, target, signal);
    passage.connected(address);
    const end = () => socket.destroy();
    signal.addEventListener('abort', end, { once: true });
    try {
      socket.setTimeout(limits.egress.idleMsMax);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) client.unshift(head);
      if (rule.tls) await requireServerName(client, target.host, deps.clock);
      passage.end(await relay(client, socket, passage));
    } finally {
      signal.removeEventListener('abort', end);
      socket.destroy();
    }
  } catch (thrown) {
    const refusal =
      thrown instanceof Refusal ? thrown : new Refusal('broken', 'something failed on our side');
    passage?.end(refusal.result);
    refuse(client, refusal);
  }
}

/** The reason stands in the status line, which is what pip, curl and conda show. */
function refuse(client: Duplex, refusal: Refusal): void {
  if (client.destroyed) return;
  const { status, message, result } = refusal;
  const body = `${JSON.stringify({ code: result, message })}\n`;
  const head = [
    `HTTP/1.1 ${status} ${message}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `cellbook-egress: ${result}`,
    'connection: close',
  ];
  client.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
