/** An image that a host's members are restored from, and sandboxes that would boot otherwise. */
import type { SandboxLimits } from '../sandbox/driver.ts';

export interface Golden {
  /** Names what it was made of: the same everywhere where that is the same. */
  generation: string;
  directory: string;
  limits: SandboxLimits;
}

/** What a host has. */
export interface Goldens {
  /** The generation of what it runs now; null until its image is made. */
  own: string | null;
  /** With older ones that it can still restore. */
  all: readonly Golden[];
}

export const noGoldens: Goldens = { own: null, all: [] };

export const ofGeneration = (goldens: Goldens, generation: string | undefined): Golden | null =>
  goldens.all.find((golden) => golden.generation === generation) ?? null;
