/**
 * Makes Postgres keep each statement of ours parsed. Drizzle sends its statements unprepared: each is parsed
 * anew and costs a second round trip for the types of its parameters, during which its connection and whatever
 * it has locked wait for our event loop (measured at 16 executors: a third of all backends, all the time).
 *
 * A list of values makes a statement of its own for every length, and Postgres forgets none while a connection
 * lives; so statements of many parameters stay unprepared, and short lists have at most that many forms.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type postgres from 'postgres';

type Work = (on: postgres.TransactionSql) => unknown;
type Parameters = postgres.ParameterOrJSON<never>[];

/** The same client, whose statements are prepared from now on, also in its transactions. */
export function prepareStatements<Client extends postgres.Sql>(client: Client): Client {
  const begin = client.begin.bind(client);
  prepareOn(client);
  return Object.assign(client, {
    begin: (first: string | Work, second?: Work) =>
      typeof first === 'string' ? begin(first, prepared(second)) : begin(prepared(first)),
  });
}

const prepared =
  (work: Work | undefined) =>
  (on: postgres.TransactionSql): unknown => {
    prepareOn(on);
    return work?.(on);
  };

function prepareOn(client: postgres.Sql | postgres.TransactionSql): void {
  const bare = client.unsafe.bind(client);
  Object.assign(client, {
    unsafe: (statement: string, parameters: Parameters = [], options: postgres.UnsafeQueryOptions = {}) => {
      const prepare = parameters.length > 0 && parameters.length <= limits.database.preparedParametersMax;
      return bare(statement, parameters, { ...options, prepare });
    },
  });
}
