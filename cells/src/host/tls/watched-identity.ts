/**
 * The identity of one process, as its files are now: looked at again every few seconds, so that a rotated
 * certificate or authority serves without a restart. Files that do not belong together (a rotation caught half
 * way) are told in the log, and the identity before them stays.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { repeatEvery } from '../../repeat.ts';
import { readIdentity, type TlsFiles, type TlsIdentity } from './identity.ts';

export interface WatchedIdentityTools {
  clock: Clock;
  log: Logger;
}

export class WatchedIdentity {
  readonly #files: TlsFiles;
  readonly #tools: WatchedIdentityTools;
  readonly #listeners: ((identity: TlsIdentity) => void)[] = [];
  readonly #timer: Timer;
  #current: TlsIdentity;

  private constructor(files: TlsFiles, tools: WatchedIdentityTools, current: TlsIdentity) {
    this.#files = files;
    this.#tools = tools;
    this.#current = current;
    const { clock, log } = tools;
    this.#timer = repeatEvery(clock, limits.certificates.lookEveryMs, () => this.look(), log);
  }

  /** Throws `certificate_refused` where the files are not what they have to be. */
  static async open(files: TlsFiles, tools: WatchedIdentityTools): Promise<WatchedIdentity> {
    return new WatchedIdentity(files, tools, await readIdentity(files, tools.clock.nowMs()));
  }

  get current(): TlsIdentity {
    return this.#current;
  }

  onChange(listener: (identity: TlsIdentity) => void): void {
    this.#listeners.push(listener);
  }

  async look(): Promise<void> {
    const { clock, log } = this.#tools;
    const read = await readIdentity(this.#files, clock.nowMs());
    if (textOf(read) !== textOf(this.#current)) {
      this.#current = read;
      log.info({ name: this.#files.name, ends: new Date(read.endsMs) }, 'a new certificate is in use');
      for (const listener of this.#listeners) listener(read);
    }
    const leftMs = read.endsMs - clock.nowMs();
    if (leftMs < limits.certificates.warnBeforeMs)
      log.warn(
        { name: this.#files.name, ends: new Date(read.endsMs) },
        'the certificate ends soon: renew it',
      );
  }

  close(): void {
    this.#timer.cancel();
  }
}

const textOf = ({ certificate, key, authorities }: TlsIdentity): string =>
  [certificate, key, ...authorities].join('\n');
