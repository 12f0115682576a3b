/** What tests of regions and pins stand on: principals as the cell saw them, and rows of the directory. */
import { env } from 'cloudflare:workers';
import { type Principal, principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { decodeJwt } from 'jose';

export interface Echo {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export async function seenBy(answer: Response): Promise<{ echo: Echo; principal: Principal }> {
  const echo = await answer.json<Echo>();
  return { echo, principal: principalSchema.parse(decodeJwt(echo.headers['cellbook-principal'] ?? '')) };
}

/** A statement on the directory, as other parts of the edge write it. */
export const sql = (text: string, ...values: unknown[]): Promise<unknown> =>
  env.DIRECTORY.prepare(text)
    .bind(...values)
    .run();
