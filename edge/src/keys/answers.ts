/** The shapes that the routes of keys answer with, for edge/openapi.json and the clients made from it. */
import { z } from 'zod';
import { keyRowSchema } from './key-store.ts';
import { serviceAccountSchema } from './service-account-store.ts';

const moment = z.iso.datetime();

const keyFields = keyRowSchema.omit({ createdAtMs: true, expiresAtMs: true, lastUsedAtMs: true }).extend({
  createdAt: moment,
  expiresAt: moment,
  /** To the minute; null: never. */
  lastUsedAt: moment.nullable(),
});
const shownKey = keyFields.meta({ title: 'Key' });
export const keysAnswer = z.object({ keys: z.array(shownKey) }).meta({ title: 'KeyList' });
export const tokensAnswer = z.object({ tokens: z.array(shownKey) }).meta({ title: 'TokenList' });
export const madeKeyAnswer = keyFields.extend({ key: z.string() }).meta({ title: 'MadeKey' });
export const madeTokenAnswer = keyFields.extend({ token: z.string() }).meta({ title: 'MadeToken' });

const one = serviceAccountSchema
  .omit({ createdAtMs: true, disabledAtMs: true })
  .extend({ createdAt: moment, disabledAt: moment.nullable() })
  .meta({ title: 'ServiceAccount' });
export const serviceAccountAnswer = {
  one,
  list: z.object({ serviceAccounts: z.array(one) }).meta({ title: 'ServiceAccountList' }),
};
