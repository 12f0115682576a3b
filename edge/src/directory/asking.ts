/** What is asked for one by one where a snapshot does not hold everything. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import type { D1Changes } from './changes.ts';
import type { Directory } from './directory.ts';
import { keepAnswers } from './kept-answers.ts';
import type { Revocable } from './revoked.ts';

export const askingOf = (clock: Clock, directory: Directory, stored: D1Changes) => ({
  askRevoked: keepAnswers<Revocable, boolean>({
    clock,
    nameOf: ({ via, jti, exp }) => `${via} ${jti} ${exp}`,
    ask: (credential) => directory.isRevoked(credential),
  }),
  askPolicy: keepAnswers({ clock, nameOf: (org: OrgId) => org, ask: (org) => stored.policyOf(org) }),
});
