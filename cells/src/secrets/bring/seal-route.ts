/** `POST /secrets/seal`: the edge brings what another cell wants; this one seals what it has to that cell's key. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { CellId, OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import {
  secretsOrderSchema,
  secretsOrderType,
  secretsSealedType,
} from '@cellbook/shared/protocol/secret-sets-api.ts';
import { statementMediaType } from '@cellbook/shared/protocol/statements.ts';
import type { FastifyInstance } from 'fastify';
import type { EdgeClient } from '../../edge/edge-client.ts';
import { readMasterKeys } from '../master-keys.ts';
import { unreadable, unseal } from '../seal.ts';
import type { SecretStore } from '../secret-store.ts';
import type { BringSecrets } from './bring-secrets.ts';
import { type NamedCells, sealSet, wantedKey } from './sealed-set.ts';

export interface SealDeps {
  store: SecretStore;
  keysFile: string;
  bring: Pick<BringSecrets, 'ensure'>;
  edge: Pick<EdgeClient, 'hear' | 'signFor'>;
  cells: NamedCells;
  clock: Clock;
  log: Logger;
}

export function registerSealSecrets(app: FastifyInstance, deps: SealDeps): void {
  const { edge, clock, cells, log } = deps;
  app.register(async (scope) => {
    // The wanted, in the order that brings it.
    const options = { parseAs: 'string', bodyLimit: 2 * limits.statements.askBytesMax } as const;
    scope.addContentTypeParser(statementMediaType, options, (_request, body, done) => done(null, body));
    scope.post('/secrets/seal', { config: { open: true } }, async ({ body }, reply) => {
      const order = await edge.hear(String(body).trim(), secretsOrderType, secretsOrderSchema);
      const { org, wantedBy } = order;
      const to = await wantedKey(cells, { ...order, nowMs: clock.nowMs() });
      const jwe = await sealSet(to, { org, secrets: await valuesOf(deps, org) });
      log.info({ org, forCell: wantedBy }, 'the secrets of an organisation were sealed for another cell');
      return reply.type(statementMediaType).send(await signed(edge, wantedBy, org, jwe));
    });
  });
}

const signed = (edge: SealDeps['edge'], to: CellId, org: OrgId, jwe: string): Promise<string> =>
  edge.signFor(to, secretsSealedType, { org, jwe });

/** All of them, or none: who gets only some would take them for all. */
async function valuesOf({ store, keysFile, bring }: SealDeps, org: OrgId) {
  await bring.ensure(org);
  const [sealed, notes, keys] = await Promise.all([
    store.sealedOf(org),
    store.list(org),
    readMasterKeys(keysFile),
  ]);
  const changedAtMs = new Map(notes.map(({ name, updatedAtMs }) => [name, updatedAtMs]));
  return Promise.all(
    sealed.map(async (secret) => {
      const value = await unseal(keys, secret, secret.sealed);
      if (value === null) throw unreadable([secret.name]);
      return { name: secret.name, value, updatedAtMs: changedAtMs.get(secret.name) ?? 0 };
    }),
  );
}
