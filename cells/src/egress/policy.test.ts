import { Buffer } from 'node:buffer';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { isReachable } from '@cellbook/shared/network-addresses.ts';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { readClientHello } from './client-hello.ts';
import { canonical, findRule, packageIndexes, parseAuthority, ruleOfUrl, ruleSchema } from './rules.ts';

describe('the allow list', () => {
  const rules = [
    ...packageIndexes,
    ruleSchema.parse({ host: '*.example.org', ports: [443, 8443], tiers: ['paid'] }),
  ];
  const reaches = (host: string, port = 443, tier: 'free' | 'paid' = 'paid') =>
    findRule(rules, tier, { host, port }) !== null;

  test.each([
    'pypi.org',
    'PyPI.org',
    'pypi.org.',
    'files.pythonhosted.org',
    'a.example.org',
    'a.b.example.org',
  ])('%s is reached', (host) => expect(reaches(host)).toBe(true));

  test.each([
    ...[
      'example.org',
      'badexample.org',
      'example.org.evil.net',
      'pypi.org.evil.net',
      'xpypi.org',
      'www.pypi.org',
    ],
    ...[
      '127.0.0.1',
      '::1',
      'localhost',
      '169.254.169.254',
      'metadata.google.internal',
      '',
      '.',
      '*.example.org.x',
    ],
  ])('%s is not', (host) => expect(reaches(host)).toBe(false));

  it('is by port and by tier', () => {
    expect(reaches('pypi.org', 80)).toBe(false);
    expect(reaches('pypi.org', 22)).toBe(false);
    expect(reaches('a.example.org', 8443)).toBe(true);
    expect(reaches('a.example.org', 8443, 'free')).toBe(false);
  });

  it('has what an operator names by URL, at that port alone', () => {
    const own = ruleOfUrl('http://Mirror.Corp:3141/root/pypi/+simple/');
    expect(own).toMatchObject({ host: 'mirror.corp', ports: [3141], tls: false, isPrivate: true });
    expect(ruleOfUrl('https://mirror.corp/simple')).toMatchObject({ ports: [443], tls: true });
    expect(ruleOfUrl('http://[::1]:80/')).toMatchObject({ host: '::1', ports: [80], tls: false });
  });

  it('takes no pattern that would be all names', () => {
    for (const host of ['*', '*.', '.org', 'a..b', 'a b', '*.*.org', 'http://x', ''])
      expect(ruleSchema.safeParse({ host }).success, host).toBe(false);
  });

  it('reads an authority, and nothing else as one', () => {
    expect(parseAuthority('PyPI.org.:443')).toEqual({ host: 'pypi.org', port: 443 });
    expect(parseAuthority('[::1]:80')).toEqual({ host: '::1', port: 80 });
    for (const text of [
      'pypi.org',
      'pypi.org:',
      'pypi.org:0',
      'pypi.org:65536',
      'u@pypi.org:443',
      'a/b:1',
      '::1:80',
    ])
      expect(parseAuthority(text), text).toBeNull();
    expect(canonical('[FE80::1]')).toBe('fe80::1');
  });
});

describe('addresses', () => {
  const internet = ['151.101.0.223', '8.8.8.8', '2a04:4e42::223', '2001:4860:4860::8888', '64:ff9b::8.8.8.8'];
  const privateOnes = [
    ...[
      '127.0.0.1',
      '127.8.8.8',
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      '203.0.113.80',
    ],
    ...[
      '::1',
      'fd12::1',
      '::ffff:10.0.0.1',
      '::ffff:7f00:1',
      '::127.0.0.1',
      '64:ff9b::10.0.0.1',
      '2002:a00:1::1',
    ],
  ];
  const never = [
    ...['169.254.169.254', '169.254.170.2', '0.0.0.0', '224.0.0.1', '255.255.255.255', '240.0.0.1'],
    ...['::', 'fe80::1', 'fe80::1%eth0', 'ff02::1', 'fd00:ec2::254', '::ffff:169.254.169.254'],
    ...['64:ff9b::169.254.169.254', '2002:a9fe:a9fe::1', '::ffff:0:0'],
  ];
  test.each(internet)('%s is the internet', (address) => expect(isReachable(address, false)).toBe(true));
  test.each(privateOnes)('%s is for names of the operator alone', (address) => {
    expect(isReachable(address, false)).toBe(false);
    expect(isReachable(address, true)).toBe(true);
  });
  test.each(never)('%s is never reached', (address) => {
    expect(isReachable(address, false)).toBe(false);
    expect(isReachable(address, true)).toBe(false);
  });

  it('judges every IPv4 address the same however IPv6 carries it', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.boolean(), (address, isPrivate) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const hex = (high: number, low: number) => ((high << 8) | low).toString(16);
        const words = `${hex(a, b)}:${hex(c, d)}`;
        const forms = [`::ffff:${address}`, `::ffff:${words}`, `64:ff9b::${words}`, `2002:${words}::1`];
        for (const form of forms) expect(isReachable(form, isPrivate)).toBe(isReachable(address, isPrivate));
      }),
    );
  });
});

describe('the name in a ClientHello', () => {
  async function helloOf(servername: string): Promise<Buffer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const hello = new Promise<Buffer>((resolve) =>
      server.once('connection', (socket) => socket.once('data', (data: Buffer) => resolve(data))),
    );
    const client = connect({ host: '127.0.0.1', port, ...(servername && { servername }) });
    client.on('error', () => {});
    const bytes = await hello;
    client.destroy();
    server.close();
    return bytes;
  }

  it('is read from what a real client sends, and waited for byte by byte', async () => {
    const bytes = await helloOf('pypi.org');
    expect(readClientHello(bytes)).toEqual({ is: 'hello', serverName: 'pypi.org' });
    for (const length of [0, 1, 4, 5, 100, bytes.length - 1])
      expect(readClientHello(bytes.subarray(0, length))).toEqual({ is: 'short' });
    expect(readClientHello(await helloOf(''))).toEqual({ is: 'hello', serverName: null });
  });

  it('is not looked for in what is no hello, and nothing makes it throw', async () => {
    for (const text of ['GET / HTTP/1.1\r\n', 'SSH-2.0-x\r\n'])
      expect(readClientHello(Buffer.from(text))).toEqual({ is: 'not-tls' });
    const bytes = await helloOf('pypi.org');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        expect(['short', 'hello', 'not-tls']).toContain(readClientHello(changed).is);
      }),
    );
  });
});
