/** What a publisher asks of the edge and of cells (shared/src/protocol/pins-api.ts), each under a deadline. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Cell } from '@cellbook/shared/pins/pins.ts';
import {
  type PinsOrder,
  type Probed,
  pinsMediaType,
  pinsOrderType,
  previewedSchema,
  probedSchema,
  publishedSchema,
  shownSchema,
} from '@cellbook/shared/protocol/pins-api.ts';
import { CompactSign, importJWK, type JWK } from 'jose';
import { z } from 'zod';

export type Answer<Value> = { ok: true; value: Value } | { ok: false; problem: string };
export type Previewed = z.infer<typeof previewedSchema>;

export interface Remote {
  /** The newest document that the edge has, or the newest below an epoch; null where there is none. */
  show(before?: number): Promise<string | null>;
  publish(jws: string): Promise<void>;
  probe(order: Omit<Extract<PinsOrder, { order: 'probe' }>, 'order' | 'iat'>): Promise<Probed>;
  /** Requests so far that users saw fail because of where they were led, and all that were forwarded. */
  counts(): Promise<{ failed: number; forwarded: number }>;
  deliver(cell: Cell, jws: string): Promise<Answer<number>>;
  preview(cell: Cell, jws: string): Promise<Answer<Previewed>>;
  /** Whether a cell of this name answers there. */
  check(cell: Cell): Promise<Answer<null>>;
}

const refusalSchema = z.object({ message: z.string() });
const healthSchema = z.object({ cell: z.string() });

export function createRemote(deps: { edgeUrl: string; key: JWK; clock: Clock }): Remote {
  const { edgeUrl, key, clock } = deps;
  const document = (method: string, body: string): RequestInit => ({
    ...{ method, body, headers: { 'content-type': pinsMediaType } },
  });
  const order = async (given: Record<string, unknown>): Promise<RequestInit> => {
    const text = JSON.stringify({ ...given, iat: clock.nowMs() });
    const jws = await new CompactSign(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: 'EdDSA', typ: pinsOrderType, kid: key.kid ?? 'pins' })
      .sign(await importJWK(key, 'EdDSA'));
    return document('POST', jws);
  };
  const ofEdge = async <Schema extends z.ZodType>(path: string, init: RequestInit, schema: Schema) => {
    const answer = await asked(`${edgeUrl}${path}`, init, schema);
    if (answer.ok) return answer.value;
    throw new CellbookError('cell_unreachable', {
      doing: `asking the edge at ${edgeUrl}${path}`,
      problem: answer.problem,
      next: 'Is the platform running, and is this its pin key?',
    });
  };
  return {
    show: async (before) =>
      (await ofEdge('/pins/show', await order({ order: 'show', before }), shownSchema)).jws,
    publish: async (jws) => void (await ofEdge('/pins', document('PUT', jws), publishedSchema)),
    probe: async (given) => ofEdge('/pins/probe', await order({ order: 'probe', ...given }), probedSchema),
    async counts() {
      const text = await (await fetch(`${edgeUrl}/metrics`, { signal: deadline() })).text();
      const read = (name: string) =>
        Number(new RegExp(`^cellbook_edge_${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
      return {
        failed: read('cell_unreachable_total') + read('misdirected_total'),
        forwarded: read('forward_seconds_count'),
      };
    },
    deliver: async ({ url }, jws) => {
      const answer = await asked(`${url}/pins`, document('PUT', jws), publishedSchema);
      return answer.ok ? { ok: true, value: answer.value.epoch } : answer;
    },
    preview: ({ url }, jws) => asked(`${url}/pins/preview`, document('POST', jws), previewedSchema),
    async check({ id, url }) {
      const answer = await asked(`${url}/healthz`, {}, healthSchema);
      if (!answer.ok) return answer;
      if (answer.value.cell === id) return { ok: true, value: null };
      return { ok: false, problem: `${url} is cell ${answer.value.cell}, not ${id}` };
    },
  };
}

const deadline = (): AbortSignal => AbortSignal.timeout(limits.pins.deliverMsMax);

async function asked<Schema extends z.ZodType>(
  url: string,
  init: RequestInit,
  schema: Schema,
): Promise<Answer<z.infer<Schema>>> {
  try {
    const response = await fetch(url, { ...init, signal: deadline() });
    const body: unknown = await response.json().catch(() => null);
    if (response.ok) return { ok: true, value: schema.parse(body) };
    const told = refusalSchema.safeParse(body).data?.message;
    return { ok: false, problem: told ?? `status ${response.status}` };
  } catch (thrown) {
    return { ok: false, problem: thrown instanceof Error ? thrown.message : 'no answer' };
  }
}
