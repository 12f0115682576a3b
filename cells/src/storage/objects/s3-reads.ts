/**
 * Objects read from S3 with little work for each. An image of memory is hundreds of them, which a user waits for, and
 * what the SDK does round each request (its stages, its streams) took a third of the processor time of reading them.
 * The SDK still says where the bucket is, who asks and how that is signed; what is no plain answer is left to it.
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { Agent, request } from 'undici';

/** Null where there is none; `refused` for any other answer than the object. */
export type S3Read = (key: string, signal?: AbortSignal) => Promise<Buffer | null | 'refused'>;

export interface S3ReadLocation {
  bucket: string;
  pathStyle: boolean;
  /** Where the server is not found by its region. */
  endpoint: string | null;
}

const connectionsMax = 50;

/** In whatever part of AWS its region is, or at another server. */
export async function urlOfBucket(
  { config }: Pick<S3Client, 'config'>,
  { bucket, pathStyle, endpoint }: S3ReadLocation,
): Promise<URL> {
  const { url } = config.endpointProvider({
    Bucket: bucket,
    Region: await config.region(),
    ForcePathStyle: pathStyle,
    ...(endpoint === null ? {} : { Endpoint: endpoint }),
  });
  return url;
}

export function createS3Reads(client: Pick<S3Client, 'config'>, location: S3ReadLocation): S3Read {
  const { config } = client;
  const { region, credentials, sha256 } = config;
  const signer = new SignatureV4({ service: 's3', region, credentials, sha256, uriEscapePath: false });
  const dispatcher = new Agent({ connections: connectionsMax });

  let found: Promise<URL> | null = null;
  return async (key, signal) => {
    found ??= urlOfBucket(client, location);
    const at = await found;
    const path = `${at.pathname.replace(/\/$/, '')}/${key.split('/').map(encoded).join('/')}`;
    const { headers } = await signer.sign({
      method: 'GET',
      protocol: at.protocol,
      hostname: at.hostname,
      path,
      headers: { host: at.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    });
    const options = { dispatcher, headers, signal: signal ?? null };
    const { statusCode, body } = await request(new URL(path, at), options);
    if (statusCode === 200) {
      const bytes = await body.bytes();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    await body.dump();
    return statusCode === 404 ? null : 'refused';
  };
}

/** As S3 writes it when it looks at the signature. */
const encoded = (name: string): string =>
  encodeURIComponent(name).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
