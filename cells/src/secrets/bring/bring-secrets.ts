/**
 * The secrets of an organisation that this cell has never had, from a cell that has them (secret-sets-api.ts), once:
 *
 *     wanted: a key drawn for this once, signed ──▶ edge ──▶ a cell that has all of them: seals them to that key
 *     opened, sealed by our own master key, kept ◀── edge ◀── signed by that cell
 *
 * Until that is done no sandbox of the organisation is given its secrets, and so none is announced: it is tried again
 * with each attempt to start one. What is set or removed here meanwhile counts before what is brought.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import {
  secretsBroughtSchema,
  secretsBroughtType,
  secretsHeldType,
  secretsTakenSchema,
  secretsTakenType,
  secretsWantedType,
} from '@cellbook/shared/protocol/secret-sets-api.ts';
import { SingleFlight } from '@cellbook/shared/single-flight.ts';
import type { EdgeClient } from '../../edge/edge-client.ts';
import { readMasterKeys } from '../master-keys.ts';
import { seal } from '../seal.ts';
import type { BroughtSecret, SecretStore } from '../secret-store.ts';
import { drawSealKey, type NamedCells, openSealed, type SealKey } from './sealed-set.ts';

export interface BringDeps {
  store: SecretStore;
  keysFile: string;
  edge: Pick<EdgeClient, 'ask' | 'cellId'>;
  cells: NamedCells;
  clock: Clock;
  log: Logger;
}

export class BringSecrets {
  readonly #deps: BringDeps;
  readonly #flights = new SingleFlight<OrgId, void>();
  /** Those that are known to be complete. */
  readonly #known = new Set<OrgId>();

  constructor(deps: BringDeps) {
    this.#deps = deps;
  }

  /** All secrets of the organisation are here when it returns. Throws `secrets_unavailable`. */
  async ensure(org: OrgId): Promise<void> {
    if (!this.#known.has(org)) await this.#flights.run(org, () => this.#bring(org));
  }

  async #bring(org: OrgId): Promise<void> {
    const { store, clock } = this.#deps;
    if (!(await store.isComplete(org))) {
      const key = await drawSealKey();
      const sealed = await this.#ask(org, key);
      await store.complete(org, sealed === null ? [] : await this.#opened(org, key, sealed), clock.nowMs());
      if (sealed !== null) this.#tellHeld(org);
    }
    if (this.#known.size >= limits.quota.organisationsKeptMax) this.#known.clear();
    this.#known.add(org);
  }

  async #ask(org: OrgId, { publicKey }: SealKey) {
    const { edge, store } = this.#deps;
    const hasSome = (await store.list(org)).length > 0;
    const brought = await edge.ask({
      ...{ path: '/cells/secrets', typ: secretsWantedType, body: { org, sealTo: publicKey, hasSome } },
      answer: {
        ...{ typ: secretsBroughtType, schema: secretsBroughtSchema },
        bytesMax: limits.statements.secretsBytesMax,
      },
      deadlineMs: limits.secrets.bringAskMs,
      ...{
        code: 'secrets_unavailable',
        doing: `getting the secrets of organisation ${org} from a cell that has them`,
      },
    });
    return brought.sealed;
  }

  async #opened(org: OrgId, key: SealKey, sealed: { by: string; text: string }): Promise<BroughtSecret[]> {
    const { clock, cells, edge, keysFile } = this.#deps;
    const expected = { org, key, sealed, to: edge.cellId, nowMs: clock.nowMs() };
    const { secrets } = await openSealed(cells, expected);
    const keys = await readMasterKeys(keysFile);
    return Promise.all(
      secrets.map(async ({ name, value, updatedAtMs }) => ({
        ...{ owner: org, name, updatedAtMs, valueBytes: Buffer.byteLength(value) },
        sealed: await seal(keys, { owner: org, name }, value),
      })),
    );
  }

  /** Cells that come later may then ask this one; where it is not heard, they ask those that this one has asked. */
  #tellHeld(org: OrgId): void {
    const { edge, log } = this.#deps;
    log.info({ org }, 'the secrets of an organisation were brought from another cell');
    const answer = {
      typ: secretsTakenType,
      schema: secretsTakenSchema,
      bytesMax: limits.statements.askBytesMax,
    };
    edge
      .ask({
        ...{ path: '/cells/secrets/held', typ: secretsHeldType, body: { org }, answer },
        deadlineMs: limits.secrets.bringAskMs,
        ...{ code: 'secrets_unavailable', doing: 'saying which secrets are here' },
      })
      .catch((error: unknown) =>
        log.warn({ err: error, org }, 'other cells are not told whose secrets are here'),
      );
  }
}
