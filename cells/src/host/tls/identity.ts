/**
 * What one side of the wire proves itself with, read from a directory laid out as Kubernetes' and cert-manager's
 * secrets are: `tls.crt`, `tls.key`, and `ca.crt` with the authorities it believes (several while one is being
 * replaced). Checked here, where somebody reads the answer, and not at the first connection.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';

export interface TlsIdentity {
  certificate: string;
  key: string;
  authorities: string[];
  /** When its own certificate ends. */
  endsMs: number;
}

export interface TlsFiles {
  directory: string;
  /** The name that its own certificate has to carry. */
  name: string;
}

export async function readIdentity({ directory, name }: TlsFiles, nowMs: number): Promise<TlsIdentity> {
  const refused = (problem: string, cause?: unknown) => badFiles(directory, name, problem, cause);
  const files = ['tls.crt', 'tls.key', 'ca.crt'].map((file) => readFile(join(directory, file), 'utf8'));
  const [certificate = '', key = '', ca = ''] = await Promise.all(files).catch((error) => {
    throw refused('tls.crt, tls.key or ca.crt cannot be read', error);
  });
  const authorities = ca.match(pemBlock) ?? [];
  const problem = problemOf({ certificate, key, authorities, name, nowMs });
  if (problem !== null) throw refused(problem);
  return { certificate, key, authorities, endsMs: Date.parse(new X509Certificate(certificate).validTo) };
}

interface Given {
  certificate: string;
  key: string;
  authorities: string[];
  name: string;
  nowMs: number;
}

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Null: the files belong together, and to this name. */
function problemOf({ certificate, key, authorities, name, nowMs }: Given): string | null {
  try {
    const own = new X509Certificate(certificate);
    if (!own.checkPrivateKey(createPrivateKey(key))) return 'tls.key is not the key of tls.crt';
    if (!carriesName(own, name))
      return `tls.crt is for ${own.subjectAltName ?? 'nobody'}, and not for ${name}`;
    const isKnown = authorities.some((authority) => hasIssued(new X509Certificate(authority), own));
    if (!isKnown) return 'no certificate of ca.crt has signed tls.crt';
    return endedAt(own, nowMs);
  } catch {
    return 'tls.crt, tls.key or ca.crt is no PEM file of its kind';
  }
}

/** Exactly this name among its DNS names: neither a wildcard nor the subject's common name counts. */
export const carriesName = (certificate: X509Certificate, name: string): boolean =>
  certificate.checkHost(name, { subject: 'never', wildcards: false }) !== undefined;

export function endedAt({ validTo }: X509Certificate, nowMs: number): string | null {
  return Date.parse(validTo) <= nowMs ? `the certificate ended at ${validTo}` : null;
}

const hasIssued = (authority: X509Certificate, own: X509Certificate): boolean =>
  own.checkIssued(authority) && own.verify(authority.publicKey);

const badFiles = (directory: string, name: string, problem: string, cause: unknown): CellbookError =>
  new CellbookError('certificate_refused', {
    doing: `reading the certificate of ${name} from ${directory}`,
    problem,
    next: 'Issue it again: ops/runbooks/certificates.md.',
    cause,
  });
