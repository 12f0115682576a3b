/** A request in plain HTTP, with its whole URL: sent on to a mirror whose rule says that it speaks no TLS. */
import { type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { limits } from '@cellbook/shared/limits.ts';
import { dial } from './dial.ts';
import { Meter } from './meter.ts';
import { Passage } from './passage.ts';
import type { ProxyDeps } from './proxy-deps.ts';
import { notAllowed, Refusal } from './refusal.ts';
import { canonical, type Target } from './rules.ts';

export async function forward(
  deps: ProxyDeps,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const url = URL.parse(incoming.url ?? '');
  if (url?.protocol !== 'http:')
    return refuse(outgoing, new Refusal('not_allowed', 'this is a proxy; ask it for a whole URL'));
  const target = { host: canonical(url.hostname), port: url.port === '' ? 80 : Number(url.port) };
  let passage: Passage | null = null;
  try {
    passage = await Passage.begin(deps, target);
    const rule = passage.admit();
    if (rule.tls) throw notAllowed(target.host, target.port);
    const { socket, address } = await dial(deps, rule, target, signal);
    passage.connected(address);
    await exchange({ url, target, socket, incoming, outgoing, passage, signal });
    passage.end('ok');
  } catch (thrown) {
    const refusal = thrown instanceof Refusal ? thrown : new Refusal('broken', 'the connection broke');
    passage?.end(refusal.result);
    refuse(outgoing, refusal);
  }
}

interface Exchange {
  url: URL;
  target: Target;
  socket: Duplex;
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  passage: Passage;
  signal: AbortSignal;
}

async function exchange({ url, socket, incoming, outgoing, passage, signal }: Exchange): Promise<void> {
  const asking = request({
    ...{ method: incoming.method, path: `${url.pathname}${url.search}`, signal, setHost: false },
    headers: { ...endToEnd(incoming.headers), host: url.host, connection: 'close' },
    createConnection: () => socket,
  });
  passage.spend('bytesUp', headBytes(url.href, incoming.rawHeaders));
  asking.setTimeout(limits.egress.idleMsMax, () => asking.destroy());
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve);
    asking.once('error', reject);
  });
  // Of an answer that comes before the whole request was read, the rest of the request is nobody's loss.
  const sent = pipeline(incoming, new Meter(passage, 'bytesUp'), asking);
  sent.catch(() => {});
  try {
    const answer = await Promise.race([answered, sent.then(() => answered)]);
    passage.spend('bytesDown', headBytes(answer.statusMessage ?? '', answer.rawHeaders));
    outgoing.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
    await pipeline(answer, new Meter(passage, 'bytesDown'), outgoing);
  } finally {
    socket.destroy();
  }
}

/** What a name or a header carries goes out as well as a body does. */
const headBytes = (line: string, rawHeaders: readonly string[]): number =>
  [line, ...rawHeaders].reduce((sum, text) => sum + text.length + 2, 0);

/** RFC 9110 §7.6.1: these are between two neighbours, and so is what `connection` names. */
const hopByHop = [
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
];

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...hopByHop, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

function refuse(outgoing: ServerResponse, { status, message, result }: Refusal): void {
  if (outgoing.headersSent || outgoing.destroyed) return void outgoing.destroy();
  const headers = { 'content-type': 'application/json', 'cellbook-egress': result, connection: 'close' };
  outgoing.writeHead(status, message, headers).end(`${JSON.stringify({ code: result, message })}\n`);
}
