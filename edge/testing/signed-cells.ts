/** Cells that speak for themselves: the pins name their keys, and the upstreams stand where they stand. */
import { env } from 'cloudflare:workers';
import { type CellId, cellIdSchema, regionIdSchema } from '@cellbook/shared/ids.ts';
import { layoutDocument, shareOut, signPins } from '@cellbook/shared/pins/build.ts';
import { cellSchema } from '@cellbook/shared/pins/pins.ts';
import { signStatement, verifyStatement } from '@cellbook/shared/protocol/statements.ts';
import { type CryptoKey, importJWK, type JWK } from 'jose';
import type { z } from 'zod';
import { edKey, main, type World } from './world.ts';

export interface SignedCell {
  id: CellId;
  url: string;
  sign(typ: string, body: object): Promise<string>;
  /** Says it to the edge. */
  post(path: string, typ: string, body: object): Promise<Response>;
  /** What the edge answered, if it has signed it for this cell. */
  read<Schema extends z.ZodType>(answer: Response, typ: string, schema: Schema): Promise<z.infer<Schema>>;
}

/** Cells of region `local`, where the upstreams are; `urls`: somewhere else. */
export async function signedCells(world: World, epoch = 2, urls = env.UPSTREAMS): Promise<SignedCell[]> {
  const keys = await Promise.all(urls.map((_, at) => edKey(`cell-${'abc'[at]}`)));
  const region = regionIdSchema.parse('local');
  const named = urls.map((url, at) =>
    cellSchema.parse({ id: cellIdSchema.parse(`cell-${'abc'[at]}`), region, url, key: keys[at] }),
  );
  await env.PINS.put('pins', await signPins({ epoch, ...layoutDocument(shareOut(named)) }, world.keys.pins));
  await world.edge.pins.reload();
  return named.map(({ id, url }, at) => signedCell(world, { id, url, key: keys[at] ?? {} }));
}

function signedCell(world: World, { id, url, key }: { id: CellId; url: string; key: JWK }): SignedCell {
  const sign = (typ: string, body: object) =>
    signStatement(typ, { ...body, from: id, to: 'edge', iat: world.clock.nowMs() }, key);
  return {
    ...{ id, url, sign },
    post: async (path, typ, body) =>
      world.fetch(`${main}${path}`, { method: 'POST', body: await sign(typ, body) }),
    async read(answer, typ, schema) {
      const { d: _secret, ...publicKey } = world.keys.principal;
      const edge = (await importJWK(publicKey, 'EdDSA')) as CryptoKey;
      const expected = { typ, schema, to: id, from: 'edge', nowMs: world.clock.nowMs() };
      return verifyStatement(new TextDecoder().decode(await answer.arrayBuffer()), edge, expected);
    },
  };
}
