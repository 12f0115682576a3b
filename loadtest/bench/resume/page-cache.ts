/** The machine's page cache, emptied as after a night in which others used the memory. Needs root. */
import { writeFile } from 'node:fs/promises';
import { runToEnd } from '../processes.ts';

export async function dropPageCache(): Promise<void> {
  // What is not written yet cannot be dropped.
  await runToEnd('sync', []);
  await writeFile('/proc/sys/vm/drop_caches', '3');
}
