/**
 * One POST to a receiver that a customer named. The name is resolved here, each address is judged, and the connection
 * goes to one that was judged: neither a name that leads inside nor one that answers differently the second time
 * reaches this machine, its neighbours or a cloud's metadata. No redirect is followed, and of the answer only the status
 * is looked at.
 */
import { lookup } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { limits } from '@cellbook/shared/limits.ts';
import { isReachable } from '@cellbook/shared/network-addresses.ts';

export type Posted = { kind: 'answered'; status: number } | { kind: 'failed'; problem: string };

export interface PostDeps {
  /** Hosts that the operator lets webhooks reach though they are at private addresses. */
  allowed: ReadonlySet<string>;
}

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export async function postWebhook({ allowed }: PostDeps, { url, headers, body }: Post): Promise<Posted> {
  const target = new URL(url);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  try {
    const addresses = await addressesOf(host);
    const reachable = addresses.filter((address) => isReachable(address, allowed.has(host)));
    if (reachable.length === 0)
      return { kind: 'failed', problem: `${host} is at an address that is not told` };
    return await post(target, { headers, body }, reachable);
  } catch (thrown) {
    return { kind: 'failed', problem: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

const addressesOf = async (host: string): Promise<string[]> =>
  isIP(host) === 0 ? (await lookup(host, { all: true })).map(({ address }) => address) : [host];

function post(
  target: URL,
  { headers, body }: Omit<Post, 'url'>,
  addresses: readonly string[],
): Promise<Posted> {
  const signal = AbortSignal.timeout(limits.jobs.webhook.answerMs);
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  const judged: LookupFunction = (_host, options, done) => {
    const [first] = found;
    if (options.all) done(null, found);
    else done(null, first?.address ?? '', first?.family ?? 4);
  };
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const sent = send(target, { method: 'POST', headers: { ...headers, ...length }, lookup: judged, signal });
    sent.once('error', reject);
    sent.once('response', (answer) => {
      resolve({ kind: 'answered', status: answer.statusCode ?? 0 });
      // What it says beyond the status is nobody's business, however long it is.
      answer.destroy();
    });
    sent.end(body);
  });
}
