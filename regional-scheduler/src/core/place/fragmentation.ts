/**
 * How much of a room's free GPUs is of no use, in thousandths of a GPU.
 *
 * `fragmentedMilli` is the measure of "Beware of Fragmentation" (Weng et al., USENIX ATC 2023): what the next job, drawn
 * from the usual ones, could not use. It looks one job ahead only. `strandedMilli` looks to the end: the free
 * GPUs for which no processors will be left once jobs of the usual mix have taken theirs. A processor-hungry
 * job on a host with few processors per GPU costs little by the first measure, until it is too late.
 */
import { freeGpuMilli, type Room, type Shape } from './room.ts';
import type { Workload } from './workload.ts';

export function fragmentedMilli(room: Room, workload: Workload): number {
  const free = freeGpuMilli(room);
  let sum = 0;
  for (const { shape, share } of workload.shapes) sum += share * unusableFor(room, shape, free);
  return sum;
}

export function strandedMilli(room: Room, workload: Workload): number {
  return Math.max(0, freeGpuMilli(room) - room.cpuMilli / workload.cpuPerGpuMilli);
}

function unusableFor(room: Room, shape: Shape, free: number): number {
  const lacks =
    shape.gpus === 0 ||
    room.cpuMilli < shape.cpuMilli ||
    room.memoryMib < shape.memoryMib ||
    (shape.models !== null && !shape.models.includes(room.model));
  if (lacks) return free;
  let fitting = 0;
  let tooSmall = 0;
  for (const device of room.freeMilli) {
    if (device >= shape.gpuMilli) fitting++;
    else tooSmall += device;
  }
  return fitting >= shape.gpus ? tooSmall : free;
}
