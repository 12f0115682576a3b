/** One host of the simulated world, with what exists on it. */
import type { HostId } from '@cellbook/shared/ids.ts';
import { LocalSandboxHost } from '../../host/local-sandbox-host.ts';
import { SimulatedDriver, type SimulatedDriverDeps } from './simulated-driver.ts';
import { SimulatedImages } from './simulated-images.ts';

export interface SimulatedHost {
  hostId: HostId;
  driver: SimulatedDriver;
  images: SimulatedImages;
  host: LocalSandboxHost;
  capacity: number;
}

export interface SimulatedHostOptions {
  hostId: HostId;
  capacity: number;
  keepsMemory: boolean;
}

export function makeSimulatedHost(
  { hostId, capacity, keepsMemory }: SimulatedHostOptions,
  deps: Omit<SimulatedDriverDeps, 'images'>,
): SimulatedHost {
  const images = new SimulatedImages();
  const driver = new SimulatedDriver({ ...deps, ...(keepsMemory && { images }) });
  const host = new LocalSandboxHost({ hostId, driver, capacity, ...(keepsMemory && { images }) });
  return { hostId, driver, images, host, capacity };
}
