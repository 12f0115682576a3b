/** What hangs on a file's URL: `…/checkpoints`, `…/checkpoints/<id>` and `…/trust`. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { noteAudit } from '../audit/note-audit.ts';
import { apiPath, isHidden, pathFromUrl, urlPath } from './api-path.ts';
import type { ContentsCall } from './contents-routes.ts';
import { isObject } from './json.ts';
import { isoTime, modelOf, noSuchFile } from './model.ts';
import { digestOf } from './notebook/notebook.ts';

type Outcome = { handled: false } | { handled: true; answer: unknown };

const notMine: Outcome = { handled: false };

/** Handles a URL that ends in one of the three; `encoded` is the path after `api/contents`. */
export async function handleMarks(method: string, encoded: string, call: ContentsCall): Promise<Outcome> {
  const one = /^(.*)\/checkpoints\/([\w-]+)$/.exec(encoded);
  if (one && (method === 'POST' || method === 'DELETE')) {
    if (method === 'POST') noteAudit(call.request, { what: 'content.restore' });
    return done(await changeCheckpoint(method, one[2] ?? '', at(call, one[1])));
  }
  const all = /^(.*)\/checkpoints$/.exec(encoded);
  if (all && method === 'GET') return done(await listCheckpoints(at(call, all[1])));
  if (all && method === 'POST') {
    noteAudit(call.request, { what: 'content.checkpoint' });
    return done(await createCheckpoint(at(call, all[1])));
  }
  const trust = /^(.*)\/trust$/.exec(encoded);
  if (trust && method === 'POST') return done(await trustNotebook(at(call, trust[1])));
  return notMine;
}

const done = (answer: unknown): Outcome => ({ handled: true, answer });

function at(call: ContentsCall, encoded: string | undefined): ContentsCall {
  const path = pathFromUrl(encoded ?? '');
  if (isHidden(path)) throw noSuchFile(path);
  return { ...call, path };
}

async function listCheckpoints({ tree, path, reply }: ContentsCall): Promise<unknown> {
  const found = await tree.listCheckpoints(path);
  return reply.send(found.map(({ id, modifiedMs }) => ({ id, last_modified: isoTime(modifiedMs) })));
}

async function createCheckpoint({ tree, path, reply, contentsUrl }: ContentsCall): Promise<unknown> {
  const { id, modifiedMs } = await tree.createCheckpoint(path);
  reply.header('location', `${contentsUrl}${urlPath(path)}/checkpoints/${id}`);
  return reply.code(201).send({ id, last_modified: isoTime(modifiedMs) });
}

async function changeCheckpoint(
  method: string,
  id: string,
  { tree, path, reply }: ContentsCall,
): Promise<unknown> {
  if (method === 'POST') await tree.restoreCheckpoint(path, id);
  else await tree.removeCheckpoint(path, id);
  return reply.code(204).send();
}

async function trustNotebook({ tree, path, reply, random }: ContentsCall): Promise<unknown> {
  const query = { type: 'notebook', format: null, content: true, hash: false } as const;
  const { content } = await modelOf(tree, path, query, random);
  if (!isObject(content))
    throw new CellbookError('bad_request', {
      doing: 'trusting',
      problem: `${apiPath(path)} is not a notebook`,
    });
  await tree.trust(path, digestOf(content));
  return reply.code(201).send();
}
