/** A provider behind an address (provider-api.ts). */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { CapacityProvider } from './provider.ts';
import { nodesSchema } from './provider-api.ts';

export function createHttpProvider({ url, secret }: { url: string; secret: string }): CapacityProvider {
  async function call(method: string, path: string, signal: AbortSignal, body?: unknown): Promise<string> {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
    const text = await response.text();
    if (response.ok) return text;
    throw new CellbookError('provider_unavailable', {
      doing: `asking the provider of hosts: ${method} ${path}`,
      problem: `${response.status}: ${text.slice(0, 200)}`,
    });
  }
  return {
    async list(signal) {
      return nodesSchema.parse(JSON.parse(await call('GET', '/nodes', signal))).nodes;
    },
    async create({ requestKey, ...request }, signal) {
      await call('PUT', `/nodes/${requestKey}`, signal, request);
    },
    async remove(requestKey, signal) {
      await call('DELETE', `/nodes/${requestKey}`, signal);
    },
  };
}
