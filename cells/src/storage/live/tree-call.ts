/**
 * Calls into files that code has, each of which may wait in one of libuv's threads: for bytes that this very process
 * is to bring (../lazy), or for a lock of a directory that whoever waits for such bytes holds. Bringing them needs a
 * thread, too; so these calls never have all of them. One system call each, and none inside another.
 */
import { Semaphore } from '../tree/semaphore.ts';

/** Three quarters of the threads that this process was started with: 24 of 32. */
export const treeCallsAtOnce = (threads: number): number => Math.max(1, Math.floor((threads * 3) / 4));

/** libuv's own number where nobody has said another. */
const threadsOfUv = 4;
const turns = new Semaphore(treeCallsAtOnce(Number(process.env.UV_THREADPOOL_SIZE) || threadsOfUv));

export const treeCall = <T>(call: () => Promise<T>): Promise<T> => turns.run(call);
