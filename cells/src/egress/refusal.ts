/** Why a connection is not made, in a code for the record and words for whoever reads pip's output. */
import type { EgressResult } from '@cellbook/shared/protocol/egress-api.ts';

export class Refusal extends Error {
  readonly result: EgressResult;

  constructor(result: Exclude<EgressResult, 'ok'>, problem: string) {
    super(problem);
    this.name = 'Refusal';
    this.result = result;
  }

  get status(): number {
    return statusByResult[this.result];
  }
}

const statusByResult: Record<EgressResult, number> = {
  ok: 200,
  broken: 502,
  over_quota: 429,
  not_allowed: 403,
  address_refused: 403,
  name_refused: 403,
  too_many_connections: 429,
  unresolved: 502,
  unreachable: 504,
};

export const notAllowed = (host: string, port: number): Refusal =>
  new Refusal('not_allowed', `${host}:${port} is not on the list of what notebooks may reach`);
