/** For tests: an authority of a cell, and identities as directories that programs are given. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, issueCertificate, type PemPair } from '@cellbook/shared/certificates/authority.ts';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';

export interface TestCertificate {
  name: string;
  use: 'controller' | 'host';
  nowMs?: number;
  validMs?: number;
}

export class TestAuthority {
  readonly #pair: PemPair;

  private constructor(pair: PemPair) {
    this.#pair = pair;
  }

  static async create(nowMs = systemClock.nowMs()): Promise<TestAuthority> {
    return new TestAuthority(await createAuthority('hosts of a test', nowMs, systemRandom));
  }

  get certificate(): string {
    return this.#pair.certificate;
  }

  /** Writes what `certificate` asks for into `directory`, which believes this authority and no other unless told. */
  async write(directory: string, certificate: TestCertificate, believes = this.certificate): Promise<string> {
    const request = { nowMs: systemClock.nowMs(), ...certificate };
    const issued = await issueCertificate(this.#pair, request, systemRandom);
    await mkdir(directory, { recursive: true });
    const files = { 'tls.crt': issued.certificate, 'tls.key': issued.key, 'ca.crt': believes };
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(directory, `${name}.new`), text, { mode: 0o600 });
      await rename(join(directory, `${name}.new`), join(directory, name));
    }
    return directory;
  }
}
