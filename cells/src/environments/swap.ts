import type { Environment, EnvironmentTotals, Layer } from './environment-store.ts';
import { nothingThere } from './survey.ts';

export const directoryMode = 0o755;

/** Nothing installed. */
export const emptyLayer = (storedAtMs: number): Layer => ({
  ...{
    root: null,
    mode: directoryMode,
    times: null,
    looks: nothingThere.looks,
    files: 0,
    bytes: 0,
    packages: [],
  },
  storedAtMs,
});

/** What there was before comes into its place; null where there is none. */
export function swapped(found: Environment, to: 'empty' | 'previous', nowMs: number): Environment | null {
  if (to === 'previous' && found.previous === null) return null;
  const layer = to === 'previous' && found.previous !== null ? found.previous : emptyLayer(nowMs);
  // Emptying what is empty keeps what was before, and nobody wants a damaged one back.
  const isWanted = found.layer.root !== null && found.state === 'ready';
  const previous = isWanted ? found.layer : found.previous;
  return {
    ...found,
    layer,
    previous: to === 'previous' && found.state === 'ready' ? found.layer : previous,
    state: 'ready',
    problem: null,
  };
}

/** What a capture replaces is what was before it; the same packages again replace nothing, and nobody wants a damaged one back. */
export const previousOf = (found: Environment | null, layer: Layer): Layer | null =>
  found?.state === 'ready' && found.layer.root !== layer.root ? found.layer : (found?.previous ?? null);

/** Of all workspaces; what several of an organisation share is one layer. */
export function totalsOf(environments: readonly Environment[]): EnvironmentTotals {
  const layers = new Map<string, number>();
  let countedBytes = 0;
  for (const environment of environments) {
    countedBytes += environment.layer.bytes;
    for (const { root, bytes } of layersOf(environment))
      if (root !== null) layers.set(`${environment.orgId} ${root}`, bytes);
  }
  return { countedBytes, layerBytes: [...layers.values()].reduce((sum, bytes) => sum + bytes, 0) };
}

/** What a sweep must keep. A damaged one is made anew, every object of it. */
export function layersOf({ state, layer, previous }: Environment): Layer[] {
  return [...(state === 'ready' ? [layer] : []), ...(previous ? [previous] : [])];
}
