/**
 * Signs the head of the chain every so often, and keeps what was signed in the database and, where the owner of
 * the database cannot reach, among the objects: `audit/<chain>/<seq>-checkpoint`. What could be cut off unseen
 * are the events since the last one: `limits.audit.checkpointMs` or `checkpointEvents` of them.
 */
import type { ChainHead } from '@cellbook/shared/audit/chain.ts';
import { type AuditKey, type AuditStatement, signStatement } from '@cellbook/shared/audit/statements.ts';
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { ObjectStore } from '../storage/objects/object-store.ts';
import type { AuditStore } from './store/audit-store.ts';

export interface CheckpointDeps {
  store: AuditStore;
  objects: ObjectStore;
  chain: string;
  key: AuditKey;
  clock: Clock;
  log: Logger;
}

export class Checkpoints {
  readonly #deps: CheckpointDeps;
  #head: ChainHead | null = null;
  #unsigned = 0;
  #timer: Timer | null = null;
  #signing: Promise<void> = Promise.resolve();

  constructor(deps: CheckpointDeps) {
    this.#deps = deps;
  }

  committed(head: ChainHead, events: number): void {
    if (events === 0) return;
    this.#head = head;
    this.#unsigned += events;
    if (this.#unsigned >= limits.audit.checkpointEvents) this.#start();
    else this.#timer ??= this.#deps.clock.setTimer(limits.audit.checkpointMs, () => this.#start());
  }

  /** Signs what is not signed yet, and waits for it. */
  async flush(): Promise<void> {
    if (this.#unsigned > 0) this.#start();
    await this.#signing;
  }

  #start(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#unsigned = 0;
    const head = this.#head;
    if (head) this.#signing = this.#signing.then(() => this.#sign(head));
  }

  async #sign({ seq, hash }: ChainHead): Promise<void> {
    const { chain, clock, log } = this.#deps;
    const at = new Date(clock.nowMs()).toISOString();
    try {
      await keepStatement(this.#deps, { kind: 'checkpoint', chain, seq, hash, at });
    } catch (error) {
      log.warn({ err: error, seq }, 'a checkpoint of the audit log could not be kept; the next one is');
    }
  }
}

export const anchorPrefix = (chain: string): string => `audit/${chain}/`;
export const anchorKey = ({ chain, seq, kind }: Pick<AuditStatement, 'chain' | 'seq' | 'kind'>): string =>
  `${anchorPrefix(chain)}${String(seq).padStart(15, '0')}-${kind}`;

/** Kept in the database first: one that is only there is no finding, one that is only an object is. */
export async function keepStatement(deps: CheckpointDeps, statement: AuditStatement): Promise<void> {
  const jws = await signStatement(statement, deps.key);
  const { kind, seq } = statement;
  if (await deps.store.addStatement({ kind, seq, jws })) await anchor(deps, statement, jws);
}

/** The same statement where the owner of the database cannot reach. */
export const anchor = ({ objects }: CheckpointDeps, statement: AuditStatement, jws: string): Promise<void> =>
  objects.put(anchorKey(statement), Buffer.from(jws));
