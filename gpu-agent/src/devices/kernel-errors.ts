/**
 * Errors of GPUs in the kernel's log. The driver writes an Xid for each; NVIDIA's catalogue says which are a program's own
 * doing and which are the device's. What it does not name as a program's is held against the device.
 */
export interface GpuError {
  bus: string;
  xid: number;
  text: string;
}

/** Page faults, illegal instructions, programs that were ended, errors that were contained: the device serves the next program. */
const ofPrograms = new Set([8, 13, 31, 32, 43, 45, 63, 68, 69, 94, 137]);

export function parseKernelErrors(log: string): GpuError[] {
  return [...log.matchAll(/NVRM: Xid \(PCI:([0-9a-f:]+)[^)]*\): (\d+)(.*)/gi)].flatMap(
    ([, bus, code, rest]) => {
      const xid = Number(code);
      if (ofPrograms.has(xid)) return [];
      return [{ bus: (bus ?? '').toLowerCase(), xid, text: `Xid ${xid}${(rest ?? '').slice(0, 200)}` }];
    },
  );
}
