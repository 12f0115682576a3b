/** One sandbox's proxy: an HTTP server on a socket in the directory that the sandbox sees. */
import { once } from 'node:events';
import { chmod, type FileHandle, open, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { forward } from './forward.ts';
import { socketName } from './inside.ts';
import type { ProxyDeps } from './proxy-deps.ts';
import { tunnel } from './tunnel.ts';

export interface SandboxProxy {
  close(): Promise<void>;
}

export async function serveSandbox(
  directory: string,
  deps: ProxyDeps & { logger: Logger },
): Promise<SandboxProxy> {
  const ended = new AbortController();
  const { signal } = ended;
  const underWay = new Set<Promise<void>>();
  const follow = (work: Promise<void>) => {
    underWay.add(work);
    deps.metrics.open.inc();
    void work
      .catch((error: unknown) => deps.logger.error({ err: error, ...deps.sandbox }, 'a way out failed'))
      .finally(() => {
        underWay.delete(work);
        deps.metrics.open.dec();
      });
  };
  const server = createServer({
    maxHeaderSize: limits.egress.headerBytesMax,
    keepAliveTimeout: limits.egress.idleMsMax,
  });
  // Whoever opens sockets and says nothing is cut off by Node's own deadline for headers, and has no more than these.
  server.maxConnections = limits.egress.socketsMax;
  server.on('request', (incoming, outgoing) => follow(forward(deps, incoming, outgoing, signal)));
  server.on('connect', ({ url = '' }, client, head) => follow(tunnel(deps, url, client, head, signal)));
  server.on('clientError', (_error, socket) => void socket.destroy());
  const handle = await listen(server, directory);
  return {
    async close() {
      ended.abort(new Error('the sandbox is gone'));
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await Promise.allSettled([...underWay, closed]);
      await rm(join(directory, socketName), { force: true });
      await handle.close();
    },
  };
}

/**
 * Through the directory's descriptor: a socket's path has 107 bytes, and a data directory may be deep. It stays open
 * as long as the server, which removes its socket by the same path.
 */
async function listen(server: Server, directory: string): Promise<FileHandle> {
  const path = join(directory, socketName);
  await rm(path, { force: true });
  const handle = await open(directory, 'r');
  try {
    server.listen(`/proc/self/fd/${handle.fd}/${socketName}`);
    await once(server, 'listening');
    // Everything inside is one user, who is nobody out here; nobody else sees the directory.
    await chmod(path, 0o666);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
