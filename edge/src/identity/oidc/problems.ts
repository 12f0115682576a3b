/** What went wrong between us and a provider, as the person who signs in can use it. Judged by class and code. */
import { CellbookError, type ErrorCode } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import type { ProviderConfig } from './provider-config.ts';

interface Said {
  code: ErrorCode;
  problem: string;
  next: string;
}

export function providerProblem(provider: ProviderConfig, doing: string, thrown: unknown): CellbookError {
  if (thrown instanceof CellbookError) return thrown;
  const said = sayOf(thrown, provider.name);
  return new CellbookError(said.code, {
    ...said,
    doing,
    ids: { provider: provider.id, ...detailOf(thrown) },
    ...(said.code === 'provider_unavailable' && { retryAfterMs: limits.edge.unreachableRetryAfterMs }),
    cause: thrown,
  });
}

function sayOf(thrown: unknown, name: string): Said {
  if (thrown instanceof AuthorizationResponseError) {
    if (passing.has(thrown.error)) return unavailable(name);
    if (thrown.error === 'access_denied')
      return {
        code: 'sign_in_refused',
        problem: `${name} did not let you in, or you have declined`,
        next: 'Sign in again, or ask whoever runs it for access.',
      };
    return refused(name, `${name} has refused the sign-in`);
  }
  if (thrown instanceof ResponseBodyError)
    return thrown.error === 'invalid_grant'
      ? {
          code: 'sign_in_expired',
          problem: 'this sign-in has been used already, or is over',
          next: 'Sign in again.',
        }
      : refused(name, `${name} does not accept this platform's request`);
  // What is not conform, wrongly signed or for somebody else; what did not come at all has no such code.
  if (thrown instanceof ClientError && thrown.code !== undefined && !absent.has(thrown.code))
    return refused(name, `the answer of ${name} does not belong to this sign-in`);
  return unavailable(name);
}

const passing = new Set(['temporarily_unavailable', 'server_error']);
const absent = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_PARSE_ERROR',
]);

const unavailable = (name: string): Said => ({
  code: 'provider_unavailable',
  problem: `${name} cannot be reached at present`,
  next: 'Try again in a minute. Whoever is signed in stays so.',
});

const refused = (_name: string, problem: string): Said => ({
  code: 'sign_in_refused',
  problem,
  next: 'Sign in again; if it stays so, give the code below to your operator.',
});

/** The provider's own word for it, which is a code and no text of its making. */
function detailOf(thrown: unknown): Record<string, string> {
  const word =
    thrown instanceof AuthorizationResponseError || thrown instanceof ResponseBodyError
      ? thrown.error
      : thrown instanceof ClientError
        ? (thrown.code ?? '')
        : '';
  return /^[\w.-]{1,64}$/.test(word) ? { providerSaid: word } : {};
}
