/** Eight hosts of eight GPUs. A job up to a host's size runs on one host, a wider one on whole hosts. */
export const hosts = 8;
export const gpusPerHost = 8;

/** Takes the job's GPUs from the first hosts that have them; false, and nothing taken, when they do not. */
export function takeGpus(free: number[], gpus: number): boolean {
  if (gpus <= gpusPerHost) {
    const host = free.findIndex((left) => left >= gpus);
    if (host === -1) return false;
    free[host]! -= gpus;
    return true;
  }
  const whole = [...free.keys()].filter((host) => free[host] === gpusPerHost);
  const wanted = Math.floor(gpus / gpusPerHost);
  const rest = gpus % gpusPerHost;
  if (whole.length < wanted) return false;
  const taken = whole.slice(0, wanted);
  const last = rest === 0 ? null : free.findIndex((left, host) => left >= rest && !taken.includes(host));
  if (last === -1) return false;
  for (const host of taken) free[host] = 0;
  if (last !== null) free[last]! -= rest;
  return true;
}

export function emptyCluster(): number[] {
  return Array.from({ length: hosts }, () => gpusPerHost);
}
