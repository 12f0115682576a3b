/** Two providers for the tests inside workerd; the third, which a test may name, does not exist. */
import type { TestProject } from 'vitest/node';
import { startTestProvider } from './oidc-provider.ts';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const main = 'http://localhost:8787';
  const providers = [await startTestProvider('one', main), await startTestProvider('two', main)];
  project.provide(
    'issuers',
    providers.map(({ issuer }) => issuer),
  );
  return async () => {
    for (const provider of providers) provider.stop();
  };
}
