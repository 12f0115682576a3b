/** Column types of Postgres that drizzle has no name for. */
import { customType } from 'drizzle-orm/pg-core';

/** The transaction that wrote a row: never reused, and in the order in which transactions began. */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
