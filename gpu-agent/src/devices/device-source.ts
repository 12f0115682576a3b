/** Where a host's GPUs come from: the driver, or configuration. One interface, one conformance suite. */
import type { Device } from '@cellbook/shared/protocol/gpu-agent-api.ts';

/** How a program is given some of the devices and no others. */
export interface Visibility {
  /** What the CUDA runtime and containers read. */
  environment: Record<string, string>;
  /**
   * Minor numbers of the character devices (major 195) that it may open, where the kernel can hold it to that; null where
   * there is no device to open, or devices are slices of one (MIG), which have no number of their own.
   */
  minors: readonly number[] | null;
}

export interface DeviceSource {
  /** Everything there is, each with its health. Throws where the driver does not answer; never hangs beyond its limit. */
  read(signal: AbortSignal): Promise<Device[]>;
  /** Of devices by index, as last read. */
  visible(indexes: readonly number[]): Visibility;
}

/** Programs that were built for containers read the second one. */
export const visibleAs = (names: readonly string[]): Record<string, string> => ({
  // An empty list is no device; left out it would be all of them.
  CUDA_VISIBLE_DEVICES: names.join(','),
  NVIDIA_VISIBLE_DEVICES: names.length === 0 ? 'void' : names.join(','),
});
