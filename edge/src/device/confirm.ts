/**
 * `/device`: where a person says whether a command line may work as him. Whoever asks chose the name and may have
 * sent the address to somebody else, so the page says what would be made and to compare the code; the answer is a
 * form of this page alone (Origin is checked), and codes can be tried only so often.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { Ask } from '../ask.ts';
import { noteAudit } from '../audit/note-audit.ts';
import { authenticateIfAny } from '../identity/authenticate.ts';
import type { Identity } from '../identity/identity.ts';
import { refuseOtherOrigins } from '../identity/other-origins.ts';
import { answeredPage, codePage, confirmPage } from '../pages/device-page.ts';
import { pageResponse } from '../pages/html.ts';
import { readForm } from '../read-body.ts';
import { seeOther } from '../responses/see-other.ts';
import { readUserCode, showUserCode } from './user-code.ts';

const dayMs = 86_400_000;

export async function devicePage(ask: Ask): Promise<Response> {
  const identity = await authenticateIfAny(ask);
  const { pathname, search, searchParams } = ask.url;
  if (!identity) return seeOther(`/signin?next=${encodeURIComponent(pathname + search)}`);
  const given = searchParams.get('user_code');
  if (given === null) return pageResponse(codePage({ problem: null }));
  const { edge } = ask;
  await edge.deviceGuesses.enter(identity.sub);
  const code = readUserCode(given);
  const request = code && (await edge.devices.find(code, edge.clock.nowMs()));
  if (!request) return noSuchCode();
  const org = await edge.orgs.get(identity.org);
  return pageResponse(
    confirmPage({
      ...{ code: showUserCode(request.userCode), name: request.name, scopes: request.scopes },
      ...{ who: identity.name, org: org?.kind === 'shared' ? org.name : null, address: request.address },
      askedAtMs: request.createdAtMs,
      expiresAtMs: edge.clock.nowMs() + request.expiresInDays * dayMs,
    }),
  );
}

const answerSchema = z.object({
  user_code: z.string().max(100),
  answer: z.enum(['allow', 'refuse']),
});

export async function answerDevice(ask: Ask, identity: Identity): Promise<Response> {
  refuseOtherOrigins(ask);
  const { edge } = ask;
  const { user_code, answer } = await readForm(ask.request, answerSchema, 'answering a command line');
  await edge.deviceGuesses.enter(identity.sub);
  const code = readUserCode(user_code);
  const allow = answer === 'allow';
  const by = { userId: identity.sub, orgId: identity.org };
  const request = code && (await edge.devices.find(code, edge.clock.nowMs()));
  const decided = request && (await edge.devices.decide(request.userCode, { allow, by }, edge.clock.nowMs()));
  if (!decided) return noSuchCode();
  noteAudit(ask, {
    ...(!allow && { what: 'device.refuse' }),
    which: { kind: 'device', id: showUserCode(request.userCode), owner: identity.sub },
    details: { name: request.name, scopes: request.scopes?.join(' ') ?? null },
  });
  return pageResponse(answeredPage(allow, request.name));
}

const minutes = limits.device.requestMsMax / 60_000;
const noSuchCode = (): Response =>
  pageResponse(
    codePage({
      problem: `No command line waits with this code. A code lasts ${minutes} minutes and is answered once.`,
    }),
    404,
  );
