/**
 * One OpenID provider, as sign-in uses it: where to send a browser, and whom it vouches for when the browser
 * comes back. What the protocol asks to be checked (state, issuer, nonce, audience, signature, times, PKCE) is
 * checked by openid-client; what a claim means to us is decided in login.ts.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  clockTolerance,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
} from 'openid-client';
import type { Login } from '../../directory/people.ts';
import { type Claims, loginOf, needsUserInfo } from './login.ts';
import { providerProblem } from './problems.ts';
import type { ProviderConfig } from './provider-config.ts';

/** What one attempt to sign in is bound to; fresh for each. */
export interface Secrets {
  state: string;
  nonce: string;
  verifier: string;
}

export interface Provider {
  readonly config: ProviderConfig;
  /** Where the browser is sent. */
  authorizationUrl(secrets: Secrets, redirectUri: string): Promise<URL>;
  /** Who came back to `callback`, the address with the provider's answer in its query. */
  login(callback: URL, secrets: Secrets): Promise<Login>;
  /** Where it signs people out, coming back to `backTo`; null where it has no such place or cannot be reached. */
  endSessionUrl(backTo: string): Promise<URL | null>;
}

export function createProvider({ config, clock }: { config: ProviderConfig; clock: Clock }): Provider {
  /** Only what has been read is kept: workerd drops a read with the request that began it. */
  let known: { client: Configuration; readMs: number } | null = null;

  const client = async (): Promise<Configuration> => {
    if (known && clock.monotonicMs() - known.readMs < limits.edge.providerMetadataMs) return known.client;
    const read = await discover(config);
    known = { client: read, readMs: clock.monotonicMs() };
    return read;
  };
  const asked = async <Value>(doing: string, work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work();
    } catch (thrown) {
      throw providerProblem(config, doing, thrown);
    }
  };

  return {
    config,
    authorizationUrl({ state, nonce, verifier }, redirectUri) {
      return asked('beginning to sign in', async () =>
        buildAuthorizationUrl(await client(), {
          redirect_uri: redirectUri,
          scope: config.scopes.join(' '),
          state,
          nonce,
          code_challenge: await calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        }),
      );
    },
    login(callback, { state, nonce, verifier }) {
      return asked('signing in', async () => {
        const at = await client();
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
        const tokens = await authorizationCodeGrant(at, callback, checks);
        const idToken: Claims = tokens.claims() ?? {};
        const subject = typeof idToken.sub === 'string' ? idToken.sub : '';
        const hasMore = at.serverMetadata().userinfo_endpoint !== undefined && needsUserInfo(config, idToken);
        const more = hasMore ? await fetchUserInfo(at, tokens.access_token, subject) : {};
        return loginOf(config, subject, { ...more, ...idToken });
      });
    },
    async endSessionUrl(backTo) {
      try {
        const at = await client();
        if (at.serverMetadata().end_session_endpoint === undefined) return null;
        return buildEndSessionUrl(at, { post_logout_redirect_uri: backTo });
      } catch {
        // He is signed out here, whatever the provider does.
        return null;
      }
    },
  };
}

async function discover({ issuer, clientId, clientSecret }: ProviderConfig): Promise<Configuration> {
  const server = new URL(issuer);
  const execute = [enableNonRepudiationChecks];
  if (server.protocol === 'http:') execute.push(allowInsecureRequests);
  const metadata = { [clockTolerance]: limits.edge.providerClockSkewMs / 1_000 };
  return discovery(
    server,
    clientId,
    clientSecret === undefined ? metadata : { ...metadata, client_secret: clientSecret },
    clientSecret === undefined ? None() : undefined,
    { execute, timeout: limits.edge.providerMsMax / 1_000 },
  );
}
