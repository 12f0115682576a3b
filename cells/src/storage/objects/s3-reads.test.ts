import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import S3rver from 's3rver';
import { expect, onTestFinished, test } from 'vitest';
import { parseS3Location } from './open-object-store.ts';
import { createS3ObjectStore } from './s3-object-store.ts';
import { createS3Reads, urlOfBucket } from './s3-reads.ts';

const bucket = 'cells';
const secret = 'S3RVER';

async function startServer(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 's3-reads-'));
  const configureBuckets = [{ name: bucket, configs: [] }];
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
  const { port } = await server.run();
  onTestFinished(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });
  return port;
}

function locationAt(port: number, accessKeyId = 'S3RVER') {
  const query = new URLSearchParams({ endpoint: `http://127.0.0.1:${port}`, pathStyle: 'true', accessKeyId });
  return parseS3Location(new URL(`s3://${bucket}/eu-1?${query}&secretAccessKey=${secret}`));
}

function readsAt(port: number, accessKeyId?: string) {
  const client = new S3Client(locationAt(port, accessKeyId).client);
  return createS3Reads(client, { bucket, pathStyle: true, endpoint: `http://127.0.0.1:${port}` });
}

test('reads what the SDK has stored, says what is not there, and leaves to it what is refused', async () => {
  const port = await startServer();
  const store = createS3ObjectStore(locationAt(port));
  const content = randomBytes(3 << 20);
  await store.put('snapshots/a/chunks/0f', content);
  const read = readsAt(port);
  expect(Buffer.compare((await read('eu-1/snapshots/a/chunks/0f')) as Buffer, content)).toBe(0);
  expect(await read('eu-1/snapshots/a/chunks/10')).toBeNull();
  expect(await readsAt(port, 'nobody')('eu-1/snapshots/a/chunks/0f')).toBe('refused');
});

test('a key of any form is asked for under its own name', async () => {
  const port = await startServer();
  const location = locationAt(port);
  const store = createS3ObjectStore({ ...location, prefix: 'a folder+(1)/ä~!*’/' });
  await store.put('x', Buffer.from('found'));
  expect((await readsAt(port)('a folder+(1)/ä~!*’/x'))?.toString()).toBe('found');
});

test('what it asks is signed as what the SDK asks', async () => {
  const asked: IncomingMessage[] = [];
  const port = await listen(
    createServer((request, answer) => {
      asked.push(request);
      answer.end('x');
    }),
  );
  const key = 'a folder+(1)/ä~!*’/x';
  await readsAt(port)(key);
  await new S3Client(locationAt(port).client).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  expect(asked.map(({ url }) => url?.split('?')[0])).toEqual(
    Array(2).fill(expect.stringMatching(/^\/cells\//)),
  );
  // s3rver does not look at it.
  for (const request of asked) expect(signatureOf(request)).toBe(signatureFor(request));
});

test('of an object whose bytes stop coming nothing is given, and who gives up waits no more', async () => {
  const server = createServer((_request, answer) => {
    answer.writeHead(200, { 'content-length': '100' });
    answer.write('half');
    setTimeout(() => answer.destroy(), 50);
  });
  const port = await listen(server);
  await expect(readsAt(port)('x')).rejects.toThrow();
  const givenUp = AbortSignal.abort(new Error('given up'));
  await expect(readsAt(port)('x', givenUp)).rejects.toThrow('given up');
});

test.each([
  ['eu-central-1', null, false, 'https://cells.s3.eu-central-1.amazonaws.com/'],
  ['cn-north-1', null, false, 'https://cells.s3.cn-north-1.amazonaws.com.cn/'],
  ['us-east-1', 'https://objects.example:9000', true, 'https://objects.example:9000/cells'],
  ['us-east-1', 'https://objects.example:9000', false, 'https://cells.objects.example:9000/'],
])('a bucket in %s, at %s, by its path: %s', async (region, endpoint, pathStyle, url) => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = new S3Client({ region, credentials });
  expect((await urlOfBucket(client, { bucket, pathStyle, endpoint })).href).toBe(url);
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', () => listening()));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const field = (request: IncomingMessage, name: string): string =>
  new RegExp(`${name}=([^,]+)`).exec(request.headers.authorization ?? '')?.[1] ?? '';

const signatureOf = (request: IncomingMessage): string => field(request, 'Signature');

/** By https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. */
function signatureFor(request: IncomingMessage): string {
  const { headers } = request;
  const url = new URL(request.url ?? '', 'http://any');
  const names = field(request, 'SignedHeaders');
  const canonical = [
    request.method,
    url.pathname
      .split('/')
      .map((part) => escaped(decodeURIComponent(part)))
      .join('/'),
    [...url.searchParams]
      .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
      .sort()
      .join('&'),
    ...names.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const scope = field(request, 'Credential').split('/').slice(1);
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope.join('/'), digest].join('\n');
  const key = scope.reduce<string | Buffer>((by, part) => hmac(by, part).digest(), `AWS4${secret}`);
  return hmac(key, text).digest('hex');
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text);

const escaped = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const sign = String.fromCharCode(byte);
      return /[A-Za-z0-9_.~-]/.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
