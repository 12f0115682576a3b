import { limits } from '@cellbook/shared/limits.ts';
import type { Principal, Tier } from '@cellbook/shared/protocol/principal.ts';
import type { VersionMark } from '../storage/file-tree.ts';

/** A save by this caller, kept as his tier keeps them. */
export const markOf = ({ sub, tier }: Principal): VersionMark => ({
  author: sub,
  keep: limits.storage.fileVersions[tier],
});

/** What the platform itself writes for a workspace of this tier: outputs of a tab that is gone. */
export const platformMark = (tier: Tier): VersionMark => ({
  author: null,
  keep: limits.storage.fileVersions[tier],
});
