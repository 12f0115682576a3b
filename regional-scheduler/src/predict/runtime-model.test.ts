import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { RuntimeModel } from './runtime-model.ts';

const features = (...chain: string[]) => ({ chain, holder: 'org-1' });

describe('the runtime model', () => {
  it('knows nothing before it has learned', () => {
    expect(new RuntimeModel().predict(features('a'))).toBeNull();
  });

  it('believes the narrow group as far as it has seen it, and the wider one for the rest', () => {
    const model = new RuntimeModel({ holderRate: 0 });
    for (let times = 0; times < 40; times++) model.learn(features('sd', '30'), { seconds: 20 });
    model.learn(features('sd', '60'), { seconds: 80 });
    const once = model.predict(features('sd', '60'))!;
    expect(once.seen).toBe(1);
    expect(once.p50Seconds).toBeGreaterThan(20);
    expect(once.p50Seconds).toBeLessThan(80);
    for (let times = 0; times < 40; times++) model.learn(features('sd', '60'), { seconds: 80 });
    expect(model.predict(features('sd', '60'))!.p50Seconds).toBeGreaterThan(70);
    expect(model.predict(features('sd', '30'))!.p50Seconds).toBeLessThan(25);
    // Never seen: what is known of the wider one.
    expect(model.predict(features('sd', '99'))!.seen).toBeGreaterThan(1);
  });

  it('follows what drifts: only the last times are remembered', () => {
    const model = new RuntimeModel({ memory: 10 });
    for (let times = 0; times < 100; times++) model.learn(features('a'), { seconds: 10 });
    for (let times = 0; times < 30; times++) model.learn(features('a'), { seconds: 30 });
    expect(model.predict(features('a'))!.p50Seconds).toBeCloseTo(30, 0);
  });

  it('learns that a holder sends what no feature tells', () => {
    const model = new RuntimeModel();
    for (let times = 0; times < 200; times++) {
      model.learn({ chain: ['a'], holder: 'short' }, { seconds: 10 });
      model.learn({ chain: ['a'], holder: 'long' }, { seconds: 20 });
    }
    const of = (holder: string) => model.predict({ chain: ['a'], holder })!.p50Seconds;
    expect(of('long') / of('short')).toBeGreaterThan(1.5);
  });

  it('says with the 95th percentile how far it may go', () => {
    const model = new RuntimeModel({ memory: 1000, holderRate: 0 });
    const random = seededRandom(5);
    for (let times = 0; times < 1000; times++)
      model.learn(features('a'), { seconds: 10 + 90 * random.float() });
    const { p50Seconds, p95Seconds } = model.predict(features('a'))!;
    expect(p50Seconds).toBeGreaterThan(45);
    expect(p50Seconds).toBeLessThan(65);
    expect(p95Seconds).toBeGreaterThan(88);
  });
});
