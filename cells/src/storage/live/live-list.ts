import type { DirectoryEntry, FileStat, TreePath } from '../file-tree.ts';
import { isPlainName } from '../tree/name.ts';
import { namesIn, openDirectory, type Place, statOf } from './beneath.ts';
import { fileStatOf } from './file-stat.ts';
import { nodeAt } from './live-index.ts';
import type { LiveState } from './live-state.ts';
import { locate } from './locate.ts';
import { isReserved } from './reserved-names.ts';

/** The names of a live directory with what they lead to; sockets, fifos and links to nowhere are left out. */
export function listLive(state: LiveState, path: TreePath): Promise<DirectoryEntry[]> {
  return locate(state.root, path, async (found) => {
    const handle = found.place ? await openDirectory(found.place) : null;
    const directory = handle ?? state.root;
    try {
      const listed: DirectoryEntry[] = [];
      for (const name of await namesIn(directory)) {
        if (!isPlainName(name) || isReserved(name)) continue;
        const stat = await statName(state, { directory, name }, [...found.path, name]);
        if (stat) listed.push({ name, ...stat });
      }
      return listed;
    } finally {
      await handle?.close();
    }
  });
}

async function statName(state: LiveState, place: Place, path: TreePath): Promise<FileStat | null> {
  const stats = await statOf(place);
  if (!stats?.isSymbolicLink()) return stats ? fileStatOf(stats, nodeAt(state.index, path)) : null;
  const target = locate(state.root, path, async (found) =>
    found.stats ? fileStatOf(found.stats, nodeAt(state.index, found.path)) : null,
  );
  return target.catch(() => null);
}
