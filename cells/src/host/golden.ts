/** The image that a host's members are restored from. */
import type { SandboxLimits } from '../sandbox/driver.ts';

export interface Golden {
  /** Names what it was made of: the same everywhere where that is the same. */
  generation: string;
  directory: string;
  limits: SandboxLimits;
}
