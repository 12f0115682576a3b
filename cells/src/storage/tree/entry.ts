/**
 * What a directory object says about each of its names. A volume is a tree of directory objects, each named
 * by the sha256 of its bytes, over chunks named likewise: two trees that share a directory share the object,
 * and a change rewrites only the directories on its path.
 *
 * Times are nanoseconds since the epoch as decimal strings, because a double holds no nanoseconds.
 */
import { z } from 'zod';

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const nanosecondsSchema = z.string().regex(/^-?\d{1,20}$/);
/** Permission bits with set-user-id, set-group-id and sticky. */
const modeSchema = z.int().min(0).max(0o7777);
const base64Schema = z.base64();

/** A run of a file: a chunk, or `null` for zeroes that are stored nowhere. */
export const runSchema = z.tuple([sha256Schema.nullable(), z.int().positive()]);
export type Run = z.infer<typeof runSchema>;

/** A file's bytes: within the directory, as runs, or as an object that lists the runs of a large file. */
export const contentSchema = z.discriminatedUnion('in', [
  z.object({ in: z.literal('line'), base64: base64Schema }),
  z.object({ in: z.literal('runs'), runs: z.array(runSchema) }),
  z.object({ in: z.literal('list'), sha256: sha256Schema }),
]);
export type Content = z.infer<typeof contentSchema>;

const attributes = { mode: modeSchema, mtimeNs: nanosecondsSchema, createdNs: nanosecondsSchema };

export const fileEntrySchema = z.object({
  type: z.literal('file'),
  ...attributes,
  size: z.int().nonnegative(),
  content: contentSchema,
});
export const directoryEntrySchema = z.object({
  type: z.literal('directory'),
  ...attributes,
  /** The directory object; null for an empty directory. */
  sha256: sha256Schema.nullable(),
});
export const linkEntrySchema = z.object({
  type: z.literal('link'),
  ...attributes,
  /** As it is read; bytes that are not UTF-8 as in name.ts. */
  target: z.string(),
});
export const entrySchema = z.discriminatedUnion('type', [
  fileEntrySchema,
  directoryEntrySchema,
  linkEntrySchema,
]);

export type FileEntry = z.infer<typeof fileEntrySchema>;
export type StoredDirectory = z.infer<typeof directoryEntrySchema>;
export type LinkEntry = z.infer<typeof linkEntrySchema>;
export type Entry = z.infer<typeof entrySchema>;

/** The names of one directory, in byte order. */
export type Entries = ReadonlyMap<string, Entry>;
export const noEntries: Entries = new Map();

export interface Attributes {
  mode: number;
  mtimeNs: string;
  createdNs: string;
}
export const emptyDirectory = (given: Attributes): StoredDirectory => ({
  type: 'directory',
  mode: given.mode,
  mtimeNs: given.mtimeNs,
  createdNs: given.createdNs,
  sha256: null,
});
