import type { DirectoryEntry, FileStat, TreePath } from '../file-tree.ts';
import { isPlainName } from '../tree/name.ts';
import { namesIn, openDirectory } from './beneath.ts';
import { fileStatOf } from './file-stat.ts';
import { nodeAt } from './live-index.ts';
import type { LiveState } from './live-state.ts';
import { locate } from './locate.ts';
import { isReserved } from './reserved-names.ts';

/** The names of a live directory with what they lead to; sockets, fifos and links to nowhere are left out. */
export function listLive(state: LiveState, path: TreePath): Promise<DirectoryEntry[]> {
  return locate(state.root, path, async (found) => {
    const handle = found.place ? await openDirectory(found.place) : null;
    try {
      const listed: DirectoryEntry[] = [];
      for (const name of await namesIn(handle ?? state.root)) {
        if (!isPlainName(name) || isReserved(name)) continue;
        const stat = await statLive(state, [...found.path, name]).catch(() => null);
        if (stat) listed.push({ name, ...stat });
      }
      return listed;
    } finally {
      await handle?.close();
    }
  });
}

function statLive(state: LiveState, path: TreePath): Promise<FileStat | null> {
  return locate(state.root, path, async ({ stats, path: real }) =>
    stats ? fileStatOf(stats, nodeAt(state.index, real)) : null,
  );
}
