/**
 * One POST to a receiver that a customer named. The name is resolved here, each address is judged, and the connection
 * goes to one that was judged: neither a name that leads inside nor one that answers differently the second time
 * reaches this machine, its neighbours or a cloud's metadata. No redirect is followed, and of the answer only the status
 * is looked at. What a customer is told of a failure says nothing about the network here: a name that leads inside and
 * one that leads nowhere are told of in the same words.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { limits } from '@cellbook/shared/limits.ts';
import { isReachable } from '@cellbook/shared/network-addresses.ts';
import { addressesOf, type Resolving } from './resolve-host.ts';

export type Posted = { kind: 'answered'; status: number } | { kind: 'failed'; problem: string };

export interface PostDeps extends Omit<Resolving, 'isListed'> {
  /** Hosts that the operator lets webhooks reach though they are at private addresses. */
  allowed: ReadonlySet<string>;
}

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export async function postWebhook(deps: PostDeps, { url, headers, body }: Post): Promise<Posted> {
  const signal = AbortSignal.timeout(limits.jobs.webhook.answerMs);
  const target = new URL(url);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const isListed = deps.allowed.has(host);
  try {
    const addresses = await addressesOf(host, { ...deps, isListed });
    const reachable = addresses.filter((address) => isReachable(address, isListed));
    if (reachable.length === 0)
      return { kind: 'failed', problem: `${host} is at no address that webhooks go to` };
    return await post(target, { headers, body }, reachable, signal);
  } catch (thrown) {
    return { kind: 'failed', problem: signal.aborted ? 'it did not answer in time' : unreached(thrown) };
  }
}

/** Its text would name addresses. */
const unreached = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown
    ? `it could not be reached: ${thrown.code}`
    : 'it could not be reached';

function post(
  target: URL,
  { headers, body }: Omit<Post, 'url'>,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<Posted> {
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
