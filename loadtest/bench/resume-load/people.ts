/** People with a suspended workspace and a kernel in it each, and their tiers, as the platform's operator sets them. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { startKernel } from '../legs/jupyter-server.ts';
import { signedIn } from '../platform/person.ts';
import { untilReady } from '../processes.ts';

export const operator = 'operator@example.org';
const tiers = ['free', 'paid', 'enterprise'] as const;

/** As the scripts of k6 read it. */
export interface Subject {
  tier: (typeof tiers)[number];
  token: string;
  workspaceId: string;
  /** Null where it has never been started. */
  kernelId: string | null;
}

const phaseSchema = z.object({ phase: z.string() });
const suspendDeadlineMs = 120_000;

async function suspend(url: string, token: string, workspaceId: string): Promise<void> {
  const api = `${url}/v1/workspaces/${workspaceId}`;
  const headers = { authorization: `token ${token}` };
  const response = await fetch(`${api}/suspend`, { method: 'POST', headers });
  if (!response.ok) throw new Error(`suspending gave ${response.status}: ${await response.text()}`);
  const isSuspended = async () =>
    phaseSchema.parse(await (await fetch(api, { headers })).json()).phase === 'suspended';
  await untilReady('a suspended workspace', isSuspended, { deadlineMs: suspendDeadlineMs });
}

export interface PeopleWanted {
  count: number;
  /** So many have used their workspace before; the others' have never been started. */
  prepared: number;
  /** A third of each tier, on a platform whose operator is `operator`; else all are of the free one. */
  mixed: boolean;
}

export async function makePeople(url: string, { count, prepared, mixed }: PeopleWanted): Promise<Subject[]> {
  const setTier = mixed ? await tierSetter(url) : null;
  const subjects: Subject[] = [];
  for (let index = 0; index < count; index++) {
    const tier = (setTier && tiers[index % tiers.length]) || 'free';
    const { token, me } = await signedIn(url, `person-${randomUUID()}@example.org`);
    if (tier !== 'free') await setTier?.(me.orgId, tier);
    const workspaceId = await createWorkspace(url, token);
    const kernelId = index < prepared ? await useOnce(url, token, workspaceId) : null;
    subjects.push({ tier, token, workspaceId, kernelId });
  }
  return subjects;
}

/** A kernel is started in it, and it is suspended. */
async function useOnce(url: string, token: string, workspaceId: string): Promise<string> {
  const kernelId = await startKernel({
    ...{ name: 'edgeCell', baseUrl: `${url}/w/${workspaceId}`, kernelspec: 'python3' },
    ...{ headers: async () => ({ authorization: `token ${token}` }), stop: async () => undefined },
  });
  await suspend(url, token, workspaceId);
  return kernelId;
}

export async function tierSetter(
  url: string,
): Promise<(orgId: string, tier: Subject['tier']) => Promise<void>> {
  const { cookie } = await signedIn(url, operator);
  return async (orgId, tier) => {
    const response = await fetch(`${url}/v1/orgs/${orgId}/policy`, {
      method: 'PUT',
      headers: { cookie, origin: url, 'content-type': 'application/json' },
      body: JSON.stringify({ tier, region: null, emailDomain: null }),
    });
    if (!response.ok) throw new Error(`setting a tier gave ${response.status}: ${await response.text()}`);
  };
}

async function createWorkspace(url: string, token: string): Promise<string> {
  const response = await fetch(`${url}/v1/workspaces`, {
    method: 'POST',
    headers: {
      authorization: `token ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify({ name: 'load' }),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`creating a workspace gave ${response.status}: ${text}`);
  return z.object({ id: z.string() }).parse(JSON.parse(text)).id;
}
