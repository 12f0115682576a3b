/** That whoever is turned away costs neither a look at his signature nor at what he sends. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { answerErrors } from '@cellbook/shared/http/answer-errors.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { principalHeader, type Tier } from '@cellbook/shared/protocol/principal.ts';
import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { addShedding } from './shed-early.ts';

const tokenOf = (tier: string) => `x.${Buffer.from(JSON.stringify({ tier })).toString('base64url')}.forged`;

function bed(isOn: boolean) {
  const app = fastify();
  const seen: string[] = [];
  answerErrors(app, silentLogger);
  addShedding(app, {
    isOn: () => isOn,
    assertTaken(tier: Tier) {
      if (tier === 'free')
        throw new CellbookError('capacity_exhausted', {
          doing: 'admitting',
          problem: 'late',
          retryAfterMs: 9_000,
        });
    },
  });
  app.addHook('onRequest', async ({ url }) => void seen.push(url));
  app.post('/jobs', { config: { sheds: true } }, async () => 'taken');
  app.post('/else', async () => 'taken');
  const post = async (url: string, token?: string) => {
    const headers = token === undefined ? {} : { [principalHeader]: token };
    const answer = await app.inject({ method: 'POST', url, headers });
    return [answer.statusCode, answer.headers['retry-after']];
  };
  return { seen, post };
}

it('refuses who claims a tier that is shed, before the gate', async () => {
  const { seen, post } = bed(true);
  expect(await post('/jobs', tokenOf('free'))).toEqual([503, '9']);
  expect(seen).toEqual([]);
});

it('leaves to the gate who claims another tier, or nothing that can be read, and what is no submission', async () => {
  const { seen, post } = bed(true);
  for (const token of [tokenOf('paid'), tokenOf('king'), 'x', '', undefined])
    expect(await post('/jobs', token)).toEqual([200, undefined]);
  expect(await post('/else', tokenOf('free'))).toEqual([200, undefined]);
  expect(seen).toHaveLength(6);
});

it('looks at no claim while nobody is shed', async () => {
  expect(await bed(false).post('/jobs', tokenOf('free'))).toEqual([200, undefined]);
});
