/**
 * What a publisher of pins says to the edge (`/pins`) and to cells (their own port, `/pins`). Documents and orders
 * are compact JWS signed with the pin key, which is what admits them; an order is good for a minute. Their `typ`
 * keeps one from standing in for the other.
 *
 * | at   | request            | body     | answer |
 * | ---- | ------------------ | -------- | ------ |
 * | edge | PUT /pins          | document | `publishedSchema`; 409 `stale_epoch` where there is a newer one |
 * | edge | POST /pins/show    | order    | `shownSchema`: the newest document, or the newest before an epoch |
 * | edge | POST /pins/probe   | order    | `probedSchema`: real requests to the cells that these users live in |
 * | cell | PUT /pins          | document | `publishedSchema`; 400 `not_empty` where residents would be sent away |
 * | cell | POST /pins/preview | document | `previewedSchema`: whom it would send away |
 */
import { z } from 'zod';
import { cellIdSchema, regionIdSchema, userIdSchema } from '../ids.ts';
import { limits } from '../limits.ts';

export const pinsMediaType = 'application/jose';
export const pinsOrderType = 'cellbook-pins-order';

export const publishedSchema = z.object({ epoch: z.int() });

export const pinsOrderSchema = z.discriminatedUnion('order', [
  z.object({ order: z.literal('show'), before: z.int().optional(), iat: z.int() }).strict(),
  z
    .object({
      order: z.literal('probe'),
      /** Pins older than these are of no interest. */
      epoch: z.int(),
      users: z.array(z.object({ userId: userIdSchema, region: regionIdSchema })).max(limits.pins.probesMax),
      iat: z.int(),
    })
    .strict(),
]);
export type PinsOrder = z.infer<typeof pinsOrderSchema>;

export const shownSchema = z.object({ jws: z.string().nullable() });

export const probedSchema = z.object({
  /** The pins that this edge holds; no request was made where they are older than asked for. */
  epoch: z.int(),
  results: z.array(
    z.object({
      userId: userIdSchema,
      /** Null: the pins name none. */
      cell: cellIdSchema.nullable(),
      status: z.int(),
      problem: z.string().optional(),
    }),
  ),
});
export type Probed = z.infer<typeof probedSchema>;

export const previewedSchema = z.object({
  /** What the cell has; null: none yet. */
  epoch: z.int().nullable(),
  /** How many in all; `users` may name fewer. */
  leaving: z.int(),
  users: z.array(z.object({ userId: userIdSchema, region: regionIdSchema })),
});
