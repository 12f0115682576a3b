/** Has a host begin to open the image that a workspace will come back from, beside whatever it waits for first. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { SandboxHost } from '../host/sandbox-host.ts';
import { whyNotRestorable } from '../sandbox/snapshot/fingerprint.ts';
import type { ImageKeys } from '../snapshots/image-keys.ts';
import type { RestStore } from './rest-store.ts';

export interface OpenAheadTools {
  host: Pick<SandboxHost, 'hostId' | 'keeps' | 'openAhead'>;
  rests: Pick<RestStore, 'get'>;
  imageKeys: Pick<ImageKeys, 'find'>;
  /** Others that wait for a turn to start have theirs before this one. */
  othersFirst(): boolean;
}

/**
 * Nothing, where its memory is not an image on this host, or one that this host cannot restore. Nor in a crowd: there
 * its turn is what is waited for, which may be minutes, and an image that is open meanwhile keeps its size of memory
 * and one of a few places from those that start first, until it expires unread.
 */
export async function openAhead(
  { host, rests, imageKeys, othersFirst }: OpenAheadTools,
  workspaceId: WorkspaceId,
): Promise<void> {
  if (othersFirst()) return;
  const rest = await rests.get(workspaceId);
  if (!rest?.image || rest.hostId !== host.hostId || host.keeps === null) return;
  if (whyNotRestorable(rest.image.fingerprint, host.keeps) !== null) return;
  const key = await imageKeys.find(workspaceId);
  if (key) host.openAhead(workspaceId, { of: rest.sandboxId, key });
}
