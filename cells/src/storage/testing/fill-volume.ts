/**
 * A program for load tests: `node cells/src/storage/testing/fill-volume.ts`. Puts files of made-up bytes into the
 * stored tree of a workspace that is on no host, by what captures and saves use (chunks, lists, directories, one commit),
 * so that gigabytes are real ones and lie nowhere but in the object store. DATABASE_URL and CELLBOOK_OBJECTS as a cell
 * has them; on standard input which workspace and which files; the last line says what was stored.
 *
 * A file's bytes are AES-256 in counter mode over zeroes, the key being the sha256 of its path: they cannot be
 * compressed, no two chunks are equal, and whoever knows the path knows what it holds.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { systemClock } from '@cellbook/shared/clock.ts';
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { closeDatabase, openDatabase } from '../../db/database.ts';
import { createPostgresManifestStore } from '../manifests/postgres-manifest-store.ts';
import { openObjectStore } from '../objects/open-object-store.ts';
import { DirectoryCache } from '../tree/directory-cache.ts';
import type { Content } from '../tree/entry.ts';
import { createContentWriter, noChunks } from '../tree/file-content.ts';
import { eachAtMost, Semaphore } from '../tree/semaphore.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import { createVolumeObjects, type VolumeObjects } from '../tree/volume-objects.ts';
import { filesPath } from '../tree/volume-root.ts';
import { VolumePointer } from '../volume-pointer.ts';

const askedSchema = z.object({
  workspaceId: workspaceIdSchema,
  files: z.array(z.object({ path: z.string().min(1), bytes: z.int().nonnegative() })),
});
type Wanted = z.infer<typeof askedSchema>['files'][number];

const filesAtOnce = 4;
const noteEveryBytes = 1024 ** 3;
const zeroes = Buffer.alloc(limits.storage.chunkBytes);

async function store(objects: VolumeObjects, { path, bytes }: Wanted): Promise<Content> {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(path).digest(), Buffer.alloc(16));
  const writer = createContentWriter(objects, noChunks);
  for (let left = bytes; left > 0; left -= zeroes.length)
    await writer.add(cipher.update(zeroes.subarray(0, Math.min(left, zeroes.length))));
  return writer.finish();
}

const asked = askedSchema.parse(JSON.parse(await text(process.stdin)));
const tools = { clock: systemClock, random: systemRandom };
const database = openDatabase(z.string().parse(process.env.DATABASE_URL));
const manifests = createPostgresManifestStore(database);
const row = await manifests.read(asked.workspaceId);
if (!row || row.attachedHost !== null)
  throw new Error(`${asked.workspaceId} has no volume, or a host has it`);
const objects = createVolumeObjects(row, {
  store: openObjectStore(z.string().parse(process.env.CELLBOOK_OBJECTS), tools),
  cache: new DirectoryCache(limits.storage.directoryCacheBytesMax),
  inFlight: new Semaphore(limits.storage.chunksInFlightMax),
});
const pointer = new VolumePointer(row, objects, manifests, systemClock);

const startedMs = systemClock.monotonicMs();
const changes: TreeChange[] = [];
let [stored, noted] = [0, 0];
await eachAtMost(filesAtOnce, asked.files, async (wanted) => {
  const content = await store(objects, wanted);
  const nowNs = pointer.nowNs();
  const attributes = { mode: 0o644, mtimeNs: nowNs, createdNs: nowNs };
  const entry = { type: 'file', ...attributes, size: wanted.bytes, content } as const;
  changes.push({ kind: 'set', path: filesPath(wanted.path.split('/')), entry });
  stored += wanted.bytes;
  if (stored - noted < noteEveryBytes) return;
  noted = stored;
  console.error(`${(stored / 1024 ** 3).toFixed(1)} GiB are stored`);
});
await pointer.commit(changes, 'save');
await closeDatabase(database);
const seconds = Math.round((systemClock.monotonicMs() - startedMs) / 1_000);
console.log(JSON.stringify({ files: changes.length, bytes: stored, seconds }));
process.exit(0);
