/** The shapes that the routes of keys answer with, for edge/openapi.json and the clients made from it. */
import { z } from 'zod';
import { keyRowSchema } from './key-store.ts';
import { serviceAccountSchema } from './service-account-store.ts';

const moment = z.iso.datetime();

const shownKey = keyRowSchema.omit({ createdAtMs: true, expiresAtMs: true, lastUsedAtMs: true }).extend({
  createdAt: moment,
  expiresAt: moment,
  /** To the minute; null: never. */
  lastUsedAt: moment.nullable(),
});
export const keysAnswer = z.object({ keys: z.array(shownKey) });
export const tokensAnswer = z.object({ tokens: z.array(shownKey) });
export const madeKeyAnswer = shownKey.extend({ key: z.string() });
export const madeTokenAnswer = shownKey.extend({ token: z.string() });

const one = serviceAccountSchema
  .omit({ createdAtMs: true, disabledAtMs: true })
  .extend({ createdAt: moment, disabledAt: moment.nullable() });
export const serviceAccountAnswer = { one, list: z.object({ serviceAccounts: z.array(one) }) };
