/**
 * Which addresses a name may lead to, after it was resolved. Pure. Refused are the networks that are nobody's on
 * the internet (IANA's special-purpose registries), so that no name leads to this machine, its neighbours, other
 * sandboxes or a cloud's metadata; forms of IPv6 that carry an IPv4 address are judged by that.
 */
import { BlockList, isIPv4 } from 'node:net';

const privateNetworks = listOf([
  ...['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1/128', 'fc00::/7'],
  // For documents and benchmarks; on the internet nobody's.
  ...['192.0.2.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'],
]);

/** Not even where the operator has named the host: link-local (metadata at 169.254.169.254), multicast, nothing. */
const neverReached = listOf([
  ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.88.99.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...['::/128', '64:ff9b:1::/48', '100::/64', '2001::/23', '5f00::/16', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
  // AWS serves its metadata over IPv6 within what is otherwise a private network.
  'fd00:ec2::254/128',
]);

export function isReachable(address: string, isPrivate: boolean): boolean {
  const carried = carriedIPv4(address);
  if (carried !== null) return isReachable(carried, isPrivate);
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (neverReached.check(address, family)) return false;
  return isPrivate || !privateNetworks.check(address, family);
}

/** Of IPv4-mapped, IPv4-compatible, NAT64 and 6to4 addresses. */
function carriedIPv4(address: string): string | null {
  if (isIPv4(address)) return null;
  const words = wordsOf(address);
  if (words === null) return null;
  const at = (index: number): number => words[index] ?? 0;
  const isZero = (from: number, to: number) => words.slice(from, to).every((word) => word === 0);
  const last = dotted(at(6), at(7));
  if (isZero(0, 5) && at(5) === 0xffff) return last;
  if (isZero(0, 6) && (at(6) !== 0 || at(7) > 1)) return last;
  if (at(0) === 0x64 && at(1) === 0xff9b && isZero(2, 6)) return last;
  return at(0) === 0x2002 ? dotted(at(1), at(2)) : null;
}

const dotted = (high: number, low: number): string =>
  [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');

/** The eight words of an IPv6 address; URL's parser writes all its forms as one. */
function wordsOf(address: string): number[] | null {
  const text = URL.parse(`http://[${address.replace(/%.*$/, '')}]/`)?.hostname.slice(1, -1);
  if (text === undefined) return null;
  const [head = '', tail] = text.split('::');
  const parse = (part: string) =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const [before, after] = [parse(head), parse(tail ?? '')];
  return tail === undefined
    ? before
    : [...before, ...Array(8 - before.length - after.length).fill(0), ...after];
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}
