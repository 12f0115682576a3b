/**
 * What has ended or changed of people's and keys' standing, as the edge tells cells, so that what was opened with
 * a right ends with it. The directory keeps a log of such facts, numbered in the order they were committed:
 *
 *   PUT  {cell}/standing         a document, right after a change; may be lost
 *   POST {edge}/cells/standing   `{after}`, by every cell at an interval: the document of what follows; this is
 *                                what bounds how long a socket outlives its right
 *
 * A document is a JWT signed with the key of principals. Facts are only ever added to what a cell knows, and the
 * newest of a subject counts, so a document that comes twice, late or out of order changes nothing.
 */
import { importJWK, type JWK, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { limits } from '../limits.ts';
import { principalIssuer } from '../protocol/principal.ts';

export const standingMediaType = 'application/jose';
const standingType = 'cellbook-standing';
const audience = 'cellbook-cells';

/**
 * | kind    | subject                                 | ms                                                     |
 * | revoked | a key's or session's id                 | when it would have ended by itself                     |
 * | revoked | a user's id                             | his sessions (not keys) that end until then are ended  |
 * | changed | a user's, organisation's or key's id    | when: what was said of it before holds no more         |
 * | policy  | an organisation's id                    | when: the same, of what it has set (quotas, recording) |
 */
export const factSchema = z.object({
  kind: z.enum(['revoked', 'changed', 'policy']),
  subject: z.string().min(1).max(64),
  ms: z.int(),
});
export type Fact = z.infer<typeof factSchema>;

export const standingDocumentSchema = z.object({
  /** Holds every fact whose number is above `after` and not above `upTo`. */
  after: z.int().nonnegative(),
  upTo: z.int().nonnegative(),
  /** There are more above `upTo`. */
  more: z.boolean(),
  facts: z.array(factSchema).max(limits.standing.pageFactsMax),
});
export type StandingDocument = z.infer<typeof standingDocumentSchema>;

/** What a cell asks with. */
export const standingAskedSchema = z.object({ after: z.int().nonnegative() });

export async function signStanding(document: StandingDocument, key: JWK, nowMs: number): Promise<string> {
  const iat = Math.floor(nowMs / 1_000);
  return new SignJWT({ ...document })
    .setProtectedHeader({ alg: 'EdDSA', typ: standingType, kid: key.kid ?? 'edge' })
    .setIssuer(principalIssuer)
    .setAudience(audience)
    .setIssuedAt(iat)
    .setExpirationTime(iat + limits.edge.principalTtlMs / 1_000)
    .sign(await importJWK(key, 'EdDSA'));
}

/** Throws where it is none, signed by nobody known, or older than a minute. */
export async function verifyStanding(
  jws: string,
  keys: JWTVerifyGetKey,
  nowMs: number,
): Promise<StandingDocument> {
  const { payload } = await jwtVerify(jws, keys, {
    ...{ algorithms: ['EdDSA'], typ: standingType, issuer: principalIssuer, audience },
    clockTolerance: limits.api.principalSkewSeconds,
    currentDate: new Date(nowMs),
  });
  return standingDocumentSchema.parse(payload);
}
