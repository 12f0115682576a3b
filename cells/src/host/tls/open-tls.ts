/** The certificates of each side as its configuration names them; null where the wire is plain, on loopback alone. */
import { controllerName, hostName } from '@cellbook/shared/certificates/names.ts';
import type { CellId, HostId } from '@cellbook/shared/ids.ts';
import type { ServerTls } from './server-tls.ts';
import { WatchedIdentity, type WatchedIdentityTools } from './watched-identity.ts';

export async function openServerTls(
  { tlsDirectory, cellId, hostId }: { tlsDirectory: string | null; cellId: CellId; hostId: HostId },
  tools: WatchedIdentityTools,
): Promise<ServerTls | null> {
  if (tlsDirectory === null) return null;
  const files = { directory: tlsDirectory, name: hostName(cellId, hostId) };
  const identity = await WatchedIdentity.open(files, tools);
  return { identity, controller: controllerName(cellId), clock: tools.clock };
}

export async function openControllerIdentity(
  { tlsDirectory, cellId }: { tlsDirectory: string | null; cellId: CellId },
  tools: WatchedIdentityTools,
): Promise<WatchedIdentity | null> {
  if (tlsDirectory === null) return null;
  return WatchedIdentity.open({ directory: tlsDirectory, name: controllerName(cellId) }, tools);
}
