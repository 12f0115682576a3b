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
}

/** Nothing, where its memory is not an image on this host, or one that this host cannot restore. */
export async function openAhead(
  { host, rests, imageKeys }: OpenAheadTools,
  workspaceId: WorkspaceId,
): Promise<void> {
  const rest = await rests.get(workspaceId);
  if (!rest?.image || rest.hostId !== host.hostId || host.keeps === null) return;
  if (whyNotRestorable(rest.image.fingerprint, host.keeps) !== null) return;
  const key = await imageKeys.find(workspaceId);
  if (key) host.openAhead(workspaceId, { of: rest.sandboxId, key });
}
