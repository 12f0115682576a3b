/** For a server without files, and where only the routes' shapes are asked for. */
import type { VersionDeps } from './version-deps.ts';

const nothing = () => Promise.reject(new Error('there are no files here'));

export const withoutVersions: VersionDeps = { volumes: { files: nothing }, differ: { diff: nothing } };
