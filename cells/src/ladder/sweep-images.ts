/**
 * Removes images of memory that nothing refers to. On hosts: whose sandbox no rest on that host is of; a rest is
 * written before its image, so one that is listed first and looked for then is never missed. In the object store:
 * those of workspaces that keep none there, once they have had their time.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { HostId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Hosts } from '../host/hosts.ts';
import type { ImageKeyStore } from '../snapshots/image-key-store.ts';
import type { RemoteImages } from '../snapshots/remote-images.ts';
import type { RestStore } from './rest-store.ts';

export interface SweepImagesDeps {
  rests: Pick<RestStore, 'get' | 'listOnHost'>;
  hosts: Pick<Hosts, 'ids' | 'isOpen' | 'on'>;
  keys: Pick<ImageKeyStore, 'listRemote' | 'endRemote'>;
  remote: Pick<RemoteImages, 'remove'>;
  clock: Clock;
  log: Logger;
}

export async function sweepImages(deps: SweepImagesDeps): Promise<void> {
  const { hosts, log } = deps;
  for (const hostId of hosts.ids.filter((id) => hosts.isOpen(id)))
    await sweepHost(deps, hostId).catch((error: unknown) =>
      log.warn({ err: error, hostId }, 'images on a host could not be swept; they are next time'),
    );
  await sweepRemote(deps);
}

async function sweepHost({ rests, hosts, log }: SweepImagesDeps, hostId: HostId): Promise<void> {
  const images = await hosts.on(hostId).images();
  if (images.length === 0) return;
  const kept = new Set((await rests.listOnHost(hostId)).map(({ sandboxId }) => sandboxId));
  for (const imageOf of images.filter((id) => !kept.has(id))) {
    log.info({ hostId, imageOf }, 'removing an image that nothing refers to');
    await hosts.on(hostId).dropImage(imageOf);
  }
}

async function sweepRemote({ rests, keys, remote, clock, log }: SweepImagesDeps): Promise<void> {
  const { remoteIdleMs, sweepRowsMax } = limits.snapshots;
  for (const { workspaceId, sinceMs } of await keys.listRemote(clock.nowMs() - remoteIdleMs, sweepRowsMax)) {
    if ((await rests.get(workspaceId))?.remote) continue;
    // Whoever has begun to send another meanwhile needs what is there.
    if (!(await keys.endRemote(workspaceId, sinceMs))) continue;
    log.info({ workspaceId }, 'removing what is left of an image in the object store');
    await remote.remove(workspaceId);
  }
}
