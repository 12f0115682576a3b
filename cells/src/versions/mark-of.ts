import { limits } from '@cellbook/shared/limits.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import type { VersionMark } from '../storage/file-tree.ts';

/** A save by this caller, kept as his tier keeps them. */
export const markOf = ({ sub, tier }: Principal): VersionMark => ({
  author: sub,
  keep: limits.storage.fileVersions[tier],
});
