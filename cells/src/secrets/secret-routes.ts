/**
 * `/v1/secrets` (the caller's own) and `/v1/org/secrets` (those of the organisation he acts in). Both are
 * idempotent without a key: the edge sends an organisation's changes to every cell of its region, again where
 * one did not answer. An Idempotency-Key is not used: it would keep a digest of the value.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import {
  putSecretSchema,
  secretListSchema,
  secretParamsSchema,
  secretRemovedSchema,
  secretWrittenSchema,
} from '@cellbook/shared/protocol/secrets-api.ts';
import { type About, needs } from '../api/access/route-access.ts';
import type { ApiScope } from '../api/api-scope.ts';
import { noteAudit } from '../audit/note-audit.ts';
import type { SecretOwner } from './seal.ts';
import type { SecretDelivery } from './secret-delivery.ts';
import type { SecretNote } from './secret-store.ts';
import type { Secrets } from './secrets.ts';

export interface SecretRouteDeps {
  secrets: Secrets;
  delivery: Pick<SecretDelivery, 'changed'>;
}

interface Collection {
  path: string;
  /** How its operations are named in clients: `listSecrets`. */
  noun: string;
  whose: string;
  about: About;
  read: 'secret.read' | 'org_secret.read';
  write: 'secret.write' | 'org_secret.write';
  ownerOf(principal: Principal): SecretOwner;
}

const collections: readonly Collection[] = [
  {
    path: '/v1/secrets',
    noun: 'Secret',
    whose: 'your',
    about: 'caller',
    read: 'secret.read',
    write: 'secret.write',
    ownerOf: ({ sub }) => sub,
  },
  {
    path: '/v1/org/secrets',
    noun: 'OrgSecret',
    whose: 'your organisation’s',
    about: 'organisation',
    read: 'org_secret.read',
    write: 'org_secret.write',
    ownerOf: ({ org }) => org,
  },
];

export function registerSecretRoutes(app: ApiScope, deps: SecretRouteDeps): void {
  for (const collection of collections) {
    registerList(app, deps, collection);
    registerWrites(app, deps, collection);
  }
}

function registerList(app: ApiScope, { secrets }: SecretRouteDeps, collection: Collection): void {
  const { path, noun, whose, about, read, ownerOf } = collection;
  const operationId = `list${noun}s`;
  const summary = `The names of ${whose} secrets; no answer ever carries a value`;
  app.get(
    path,
    { schema: { operationId, summary, tags, response: { 200: secretListSchema } }, ...needs(read, about) },
    async ({ principal }) => ({ secrets: (await secrets.list(ownerOf(principal))).map(present) }),
  );
}

function registerWrites(app: ApiScope, deps: SecretRouteDeps, collection: Collection): void {
  const { secrets, delivery } = deps;
  const { path, noun, whose, about, write, ownerOf } = collection;
  const one = { tags, params: secretParamsSchema };
  const set = {
    operationId: `put${noun}`,
    summary: `Set one of ${whose} secrets: an environment variable of kernels and terminals started from now on`,
    description: 'A user’s own secret counts before one of the same name of the organisation.',
    body: putSecretSchema,
    response: { 200: secretWrittenSchema },
  };
  app.put(
    `${path}/:name`,
    { schema: { ...one, ...set }, bodyLimit: limits.secrets.bodyBytesMax, ...needs(write, about) },
    async (request) => {
      const { name } = request.params;
      const owner = ownerOf(request.principal);
      noteAudit(request, { which: { kind: 'secret', id: name, owner } });
      const note = await secrets.put({ owner, name }, request.body.value);
      return { ...present(note), ...(await delivery.changed(owner)), takesEffect: takesEffect.set };
    },
  );
  const remove = {
    operationId: `delete${noun}`,
    summary: `Remove one of ${whose} secrets; asking twice is harmless`,
    response: { 200: secretRemovedSchema },
  };
  app.delete(`${path}/:name`, { schema: { ...one, ...remove }, ...needs(write, about) }, async (request) => {
    const { name } = request.params;
    const owner = ownerOf(request.principal);
    noteAudit(request, { which: { kind: 'secret', id: name, owner } });
    const removed = await secrets.remove({ owner, name });
    return { name, removed, ...(await delivery.changed(owner)), takesEffect: takesEffect.removed };
  });
}

const tags = ['secrets'];
const takesEffect = {
  set: 'Kernels and terminals started from now on have it; those that run keep what they have until they are restarted.',
  removed:
    'Kernels and terminals started from now on do not have it; those that run keep it until they are restarted.',
};

const present = ({ name, updatedAtMs }: SecretNote) => ({
  name,
  updatedAt: new Date(updatedAtMs).toISOString(),
});
