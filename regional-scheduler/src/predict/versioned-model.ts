/**
 * One model for each version of each binary, since a new one may be slower or faster, and not by the same factor
 * everywhere. A version that has seen little of its own is predicted by the usual version's model times the factor
 * that its own ends have shown so far: the first ends of a canary already count.
 */
import {
  type Ran,
  type RuntimeFeatures,
  RuntimeModel,
  type RuntimeModelDump,
  type RuntimePrediction,
} from './runtime-model.ts';

interface Version {
  model: RuntimeModel;
  /** Of its times over what the usual version was predicted, in logarithms. */
  factor: number;
  ended: number;
  /** Of the last hundred or so ends of its binary, how many are its. */
  share: number;
}

export interface VersionedDump {
  binaries: [string, [string, { factor: number; ended: number; share: number; model: RuntimeModelDump }][]][];
}

const ownSeen = 5;
const factorDoubt = 3;
const versionsMax = 8;

export class VersionedModel {
  readonly #binaries = new Map<string, Map<string, Version>>();

  learn(binary: string, version: string, features: RuntimeFeatures, ran: Ran): void {
    const versions = this.#binaries.get(binary) ?? new Map<string, Version>();
    this.#binaries.set(binary, versions);
    const usual = usualOf(versions);
    const own = versions.get(version) ?? { model: new RuntimeModel(), factor: 0, ended: 0, share: 0 };
    versions.set(version, own);
    const expected = usual && usual !== own ? usual.model.predict(features) : null;
    if (expected && !ran.isCut) {
      const ratio = Math.log(Math.max(1, ran.seconds) / expected.p50Seconds);
      own.factor += (ratio - own.factor) / Math.min(own.ended + 1, 50);
    }
    own.ended++;
    for (const other of versions.values()) other.share *= 0.99;
    own.share += 0.01;
    own.model.learn(features, ran);
    const rare = [...versions].sort((a, b) => b[1].share - a[1].share).slice(versionsMax);
    for (const [name] of rare) if (name !== version) versions.delete(name);
  }

  /** `version` null: nobody knows yet which one it will be; then as the usual one. */
  predict(binary: string, version: string | null, features: RuntimeFeatures): RuntimePrediction | null {
    const versions = this.#binaries.get(binary);
    const usual = versions && usualOf(versions);
    if (!usual) return null;
    const own = version === null ? usual : versions.get(version);
    const predicted = own?.model.predict(features) ?? null;
    if (own === usual || (predicted && predicted.seen >= ownSeen)) return predicted;
    const base = usual.model.predict(features);
    if (!base || !own) return base;
    const factor = Math.exp((own.factor * own.ended) / (own.ended + factorDoubt));
    return { ...base, p50Seconds: base.p50Seconds * factor, p95Seconds: base.p95Seconds * factor };
  }

  dump(): VersionedDump {
    const dumped = (versions: Map<string, Version>) =>
      [...versions].map(([name, { model, ...rest }]): VersionedDump['binaries'][number][1][number] => [
        name,
        { ...rest, model: model.dump() },
      ]);
    return { binaries: [...this.#binaries].map(([binary, versions]) => [binary, dumped(versions)]) };
  }

  load({ binaries }: VersionedDump): void {
    for (const [binary, versions] of binaries) {
      const loaded = versions.map(([name, { model: dump, ...rest }]): [string, Version] => {
        const model = new RuntimeModel();
        model.load(dump);
        return [name, { ...rest, model }];
      });
      this.#binaries.set(binary, new Map(loaded));
    }
  }
}

function usualOf(versions: Map<string, Version>): Version | undefined {
  let usual: Version | undefined;
  for (const version of versions.values()) if (!usual || version.share > usual.share) usual = version;
  return usual;
}
