/**
 * A FileTree over the wire: which methods there are, what each is given and gives. Arguments travel as JSON in
 * an envelope (sandbox/link/frames.ts), the bytes of a file beside it; a file's bytes come back as they are.
 */
import { z } from 'zod';

const path = z.array(z.string());
export const fileStatSchema = z.object({
  type: z.enum(['file', 'directory']),
  sizeBytes: z.number().nullable(),
  modifiedMs: z.number(),
  createdMs: z.number(),
  writable: z.boolean(),
});
const checkpointSchema = z.object({ id: z.string(), modifiedMs: z.number() });
const nothing = z.null();
const sha256 = z.string().length(64);
const version = z
  .object({
    author: z.string().nullable(),
    keep: z.object({ recent: z.int().positive(), dailyMs: z.number().nonnegative() }),
  })
  .optional();

/** For each method its arguments and its value. `open` answers with bytes; those of `sends` come with bytes. */
export const treeMethods = {
  stat: { args: z.tuple([path]), value: fileStatSchema.nullable() },
  list: { args: z.tuple([path]), value: z.array(fileStatSchema.extend({ name: z.string() })) },
  write: {
    args: z.tuple([
      path,
      z.object({ ifAbsent: z.boolean().optional(), trustAs: z.string().optional(), version }),
    ]),
    value: fileStatSchema,
  },
  /** Writes only over what has this digest (null: where there is nothing); false when something else is there. */
  replace: {
    args: z.tuple([path, sha256.nullable(), z.object({ version })]),
    value: fileStatSchema.or(z.literal(false)),
  },
  makeDirectory: { args: z.tuple([path]), value: fileStatSchema },
  copy: { args: z.tuple([path, path]), value: fileStatSchema },
  move: { args: z.tuple([path, path]), value: nothing },
  remove: { args: z.tuple([path]), value: nothing },
  uploadChunk: { args: z.tuple([path, z.number()]), value: fileStatSchema },
  finishUpload: { args: z.tuple([path, z.object({ version })]), value: fileStatSchema },
  createCheckpoint: { args: z.tuple([path]), value: checkpointSchema },
  listCheckpoints: { args: z.tuple([path]), value: z.array(checkpointSchema) },
  restoreCheckpoint: { args: z.tuple([path, z.string()]), value: nothing },
  removeCheckpoint: { args: z.tuple([path, z.string()]), value: nothing },
  forgetVersions: { args: z.tuple([path]), value: nothing },
  isTrusted: { args: z.tuple([path, z.string()]), value: z.boolean() },
  trust: { args: z.tuple([path, z.string()]), value: nothing },
} as const;

export type TreeMethod = keyof typeof treeMethods;
export type TreeArgs<Method extends TreeMethod> = z.infer<(typeof treeMethods)[Method]['args']>;
export type TreeValue<Method extends TreeMethod> = z.infer<(typeof treeMethods)[Method]['value']>;

export const treeMethodSchema = z.enum(Object.keys(treeMethods) as [TreeMethod, ...TreeMethod[]]);
/** Whole files and ranges of them: the answer is bytes. */
export const openSchema = z.tuple([path, z.object({ start: z.number(), end: z.number() }).nullable()]);
export const readSchema = z.tuple([path]);

export const treeCallSchema = z.object({
  epoch: z.int().nonnegative(),
  args: z.array(z.unknown()),
  /** Room in the quota of storage that was taken for this call. */
  reservation: z.string().optional(),
});
