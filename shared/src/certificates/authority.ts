/**
 * A private certificate authority of one cell, and the certificates that its controller and hosts prove
 * themselves with: ECDSA P-256, one DNS name, and the one use of it (a host serves, a controller asks), so
 * that a host's certificate commands no other host.
 */
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { limits } from '../limits.ts';
import type { Random } from '../random.ts';

export interface PemPair {
  certificate: string;
  /** PKCS #8. */
  key: string;
}

export interface CertificateRequest {
  name: string;
  use: 'controller' | 'host';
  nowMs: number;
  validMs?: number;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export async function createAuthority(name: string, nowMs: number, random: Random): Promise<PemPair> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...{ name: `CN=${name}`, keys, signingAlgorithm: algorithm, serialNumber: newSerial(random) },
    ...validity(nowMs, limits.certificates.authorityMs),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return toPem(certificate, keys.privateKey);
}

export async function issueCertificate(
  authority: PemPair,
  { name, use, nowMs, validMs = limits.certificates.validMs }: CertificateRequest,
  random: Random,
): Promise<PemPair> {
  const issuer = new X509Certificate(authority.certificate);
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    ...{ subject: `CN=${name}`, issuer: issuer.subject, serialNumber: newSerial(random) },
    ...{ publicKey: keys.publicKey, signingKey: await readKey(authority.key), signingAlgorithm: algorithm },
    ...validity(nowMs, validMs),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([
        use === 'host' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth,
      ]),
      new SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
      await AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return toPem(certificate, keys.privateKey);
}

const newKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

const newSerial = (random: Random): string => Buffer.from(random.bytes(16)).toString('hex');

/** Some minutes early, for a peer whose clock is behind. */
const validity = (nowMs: number, validMs: number) => ({
  notBefore: new Date(nowMs - limits.certificates.clockSkewMs),
  notAfter: new Date(nowMs + validMs),
});

function readKey(pem: string): ReturnType<typeof crypto.subtle.importKey> {
  return crypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), algorithm, false, ['sign']);
}

async function toPem(
  certificate: X509Certificate,
  key: Awaited<ReturnType<typeof readKey>>,
): Promise<PemPair> {
  const raw = await crypto.subtle.exportKey('pkcs8', key);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${PemConverter.encode(raw, 'PRIVATE KEY')}\n`,
  };
}
