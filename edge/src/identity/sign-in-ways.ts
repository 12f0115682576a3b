/** How one may sign in here: by providers, or for development by name alone where that is asked for. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Ask } from '../ask.ts';
import type { Config } from '../config.ts';
import type { Provider } from './oidc/provider.ts';

/** With a provider there is no sign-in without proof, unless the configuration asks for both. */
export function hasDevelopmentSignIn({ CELLBOOK_SIGN_IN: ways, CELLBOOK_OIDC: oidc }: Config): boolean {
  return ways === 'development,oidc' || (ways === 'development' && oidc.length === 0);
}

export function providersOf({ edge }: Ask): readonly Provider[] {
  return edge.config.CELLBOOK_SIGN_IN === 'none' ? [] : edge.providers;
}

export function providerOf(ask: Ask, id: string): Provider {
  const provider = providersOf(ask).find(({ config }) => config.id === id);
  if (provider) return provider;
  throw new CellbookError('not_found', {
    doing: 'signing in',
    problem: 'there is no such way to sign in here',
    next: 'Choose one of those on the page where you sign in.',
    ids: { provider: id.slice(0, 64) },
  });
}
