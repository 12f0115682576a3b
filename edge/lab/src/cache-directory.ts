/** Where what is dear to make and named by its content is kept, shared by every checkout of this user. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheDirectory(environment: NodeJS.ProcessEnv): string {
  const { CELLBOOK_CACHE, XDG_CACHE_HOME } = environment;
  return CELLBOOK_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'cellbook');
}
