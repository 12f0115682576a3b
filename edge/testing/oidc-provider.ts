/**
 * Real OpenID providers (oidc-provider) for the tests of signing in. Whoever signs in there says in the login
 * what the provider says of them: `ada` has the verified address ada@people.example; `ada!unverified` one that
 * is not; `ada+research+ops` belongs to these groups. Passwords are not asked for.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export interface TestProvider {
  issuer: string;
  stop(): void;
}

export const testClient = { clientId: 'cellbook', clientSecret: 'a secret that only the tests know' };

/** `main`: the edge's public address; `id`: how the edge names this provider. */
export async function startTestProvider(id: string, main: string): Promise<TestProvider> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('request', providerAt(issuer, id, main).callback());
  return { issuer, stop: () => stop(server) };
}

function providerAt(issuer: string, id: string, main: string): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: testClient.clientId,
        client_secret: testClient.clientSecret,
        redirect_uris: [`${main}/signin/${id}/callback`],
        post_logout_redirect_uris: [`${main}/signin`],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'groups'],
    },
    cookies: { keys: ['a key that only the tests know'] },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    findAccount: (_context, accountId) => ({ accountId, claims: () => claimsOf(accountId) }),
    pkce: { required: () => true },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
    },
  });
}

function claimsOf(login: string) {
  const [who = '', ...groups] = login.replace('!unverified', '').split('+');
  return {
    sub: login,
    name: who.charAt(0).toUpperCase() + who.slice(1),
    email: `${who}@people.example`,
    email_verified: !login.includes('!unverified'),
    groups,
  };
}

function stop(server: Server): void {
  server.close();
  server.closeAllConnections();
}
