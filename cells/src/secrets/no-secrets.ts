/** For a server without a master key, and where only the routes' shapes are asked for: everything is refused. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { createMemorySecretStore } from './memory-secret-store.ts';
import type { SecretRouteDeps } from './secret-routes.ts';
import { Secrets } from './secrets.ts';

export function withoutSecrets(tools: { clock: Clock; log: Logger }): SecretRouteDeps {
  return {
    secrets: new Secrets({
      ...{ store: createMemorySecretStore(), keysFile: null, bring: null, ...tools },
      hasLeft: async () => false,
    }),
    delivery: { changed: async () => ({ sandboxesUpdated: 0, sandboxesMissed: 0 }) },
  };
}
