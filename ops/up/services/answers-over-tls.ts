import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';

/** Whether `/healthz` answers there, from whoever has this certificate and no other. */
export async function answersOverTls(port: number, tlsDirectory: string): Promise<boolean> {
  const [expected, ca] = await Promise.all(
    ['tls.crt', 'ca.crt'].map((file) => readFile(join(tlsDirectory, file), 'utf8')),
  );
  const { fingerprint256 } = new X509Certificate(expected ?? '');
  const asking = get({
    ...{ host: '127.0.0.1', port, path: '/healthz', agent: false, ca, signal: AbortSignal.timeout(2_000) },
    checkServerIdentity: (_name, shown) =>
      shown.fingerprint256 === fingerprint256 ? undefined : new Error('another certificate is shown'),
  });
  const [response]: IncomingMessage[] = await once(asking, 'response');
  response?.resume();
  return response?.statusCode === 200;
}
