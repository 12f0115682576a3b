/** The controller's side: how it connects to one host, with the certificate of now, and to nobody else. */
import { X509Certificate } from 'node:crypto';
import type { ConnectionOptions, PeerCertificate } from 'node:tls';
import type { Clock } from '@cellbook/shared/clock.ts';
import { Agent, type Dispatcher } from 'undici';
import { certificateRefused, whyRefused } from './peer.ts';
import { contextOf } from './server-tls.ts';
import type { WatchedIdentity } from './watched-identity.ts';

export interface ClientTlsDeps {
  identity: WatchedIdentity;
  /** The name that the host's certificate has to carry, wherever the host is reached. */
  host: string;
  clock: Clock;
}

export class ClientTls {
  readonly #deps: ClientTlsDeps;
  #agent: Agent;

  constructor(deps: ClientTlsDeps) {
    this.#deps = deps;
    this.#agent = this.#newAgent();
    deps.identity.onChange(() => {
      const before = this.#agent;
      this.#agent = this.#newAgent();
      // What is under way on its connections ends there; new requests make new ones.
      void before.close();
    });
  }

  get identity(): WatchedIdentity {
    return this.#deps.identity;
  }

  /** For `fetch`. */
  get dispatcher(): Dispatcher {
    return this.#agent;
  }

  /** For links. */
  get options(): ConnectionOptions {
    const { identity, host, clock } = this.#deps;
    return {
      ...{ ...contextOf(identity.current), servername: host, rejectUnauthorized: true },
      checkServerIdentity(_reachedAs: string, { raw }: PeerCertificate) {
        const peer = { certificate: new X509Certificate(raw), tlsProblem: null };
        const problem = whyRefused(peer, host, clock.nowMs());
        return problem === null ? undefined : certificateRefused('checking a host', problem);
      },
    };
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  #newAgent(): Agent {
    return new Agent({ connect: { ...this.options, maxCachedSessions: 0 } });
  }
}
