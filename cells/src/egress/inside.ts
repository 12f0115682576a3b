/**
 * What a sandbox is given for its way out: a directory with the proxy's socket in it, a forwarder of the
 * supervisor's on its own loopback (cells/supervisor/cellbook_supervisor/egress.py), and the variables by which
 * pip, conda, curl and git find that. Pure.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { EgressPolicy } from './egress-policy.ts';

/** Where the directory is mounted; there, and empty, where there is no way out too: images stay alike. */
export const egressPath = '/run/cellbook';
export const socketName = 'egress.sock';

/** For the supervisor. */
export const forwarderSettings = {
  egress: { port: limits.egress.port, path: `${egressPath}/${socketName}` },
};

const proxyUrl = `http://127.0.0.1:${limits.egress.port}`;

/** Both cases: curl reads one, most of the others the other. What is inside is not asked for outside. */
export function egressEnvironment({ indexUrl }: EgressPolicy): Record<string, string> {
  const inside = 'localhost,127.0.0.1,::1';
  return {
    ...{ HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl, NO_PROXY: inside },
    ...{ http_proxy: proxyUrl, https_proxy: proxyUrl, no_proxy: inside },
    ...(indexUrl !== null && { PIP_INDEX_URL: indexUrl }),
    ...(indexUrl?.startsWith('http:') && { PIP_TRUSTED_HOST: new URL(indexUrl).host }),
  };
}

/**
 * `pip install` puts packages under the home (environments/layout.ts): the image's Python cannot be written, and pip
 * then takes the user's own site. Debian's mark against that is for machines with a package
 * manager in use. Wheels that were downloaded are not kept with the files.
 */
export const pipEnvironment: Record<string, string> = {
  PIP_BREAK_SYSTEM_PACKAGES: '1',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_CACHE_DIR: '/tmp/pip-cache',
};
