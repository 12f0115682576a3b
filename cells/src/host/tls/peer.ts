/**
 * Whether the other side is who it has to be, and in which words it is told when it is not. TLS itself checks
 * the signature, the authority, the time and the use; the name is checked here. Pure.
 */
import type { X509Certificate } from 'node:crypto';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { carriesName, endedAt } from './identity.ts';

export interface Peer {
  certificate: X509Certificate | undefined;
  /** What TLS has against its certificate; null: nothing. */
  tlsProblem: string | null;
}

/** Null: it is `name`, and may be. */
export function whyRefused({ certificate, tlsProblem }: Peer, name: string, nowMs: number): string | null {
  if (certificate === undefined) return 'it shows no certificate';
  if (tlsProblem !== null) return wordsOf(tlsProblem) ?? `its certificate is refused (${tlsProblem})`;
  if (!carriesName(certificate, name))
    return `its certificate is for ${certificate.subjectAltName ?? 'nobody'}, and not for ${name}`;
  return endedAt(certificate, nowMs);
}

/** Node's and OpenSSL's codes that are about certificates, in words for whoever runs the cell. */
const words: Record<string, string> = {
  CERT_HAS_EXPIRED: 'its certificate has ended',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or a clock is wrong',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is of no authority that is believed here',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of no authority that is believed here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is of no authority that is believed here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of no authority that is believed here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of no authority that is believed here',
  CERT_SIGNATURE_FAILURE: 'its certificate is of no authority that is believed here',
  INVALID_PURPOSE: 'its certificate is for another use (a host serves, a controller asks)',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: is it reached by the right URL?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: is it reached by the right URL?',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks only an older TLS than 1.3',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks only an older TLS than 1.3',
};

const wordsOf = (code: string): string | null => (Object.hasOwn(words, code) ? (words[code] ?? null) : null);

/** Of what a connection failed with, if that was a certificate; looks through the errors that others wrapped around it. */
export function certificateProblem(thrown: unknown): string | null {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof CellbookError) return error.code === 'certificate_refused' ? error.problem : null;
    const found = 'code' in error && typeof error.code === 'string' ? wordsOf(error.code) : null;
    if (found !== null) return found;
  }
  return null;
}

export function certificateRefused(doing: string, problem: string, ids: Record<string, string> = {}) {
  return new CellbookError('certificate_refused', {
    ...{ doing, problem, ids, retryAfterMs: limits.lifecycle.hostLookAgainMs },
    next: 'Look at the certificates of this cell’s controller and hosts: ops/runbooks/certificates.md.',
  });
}
