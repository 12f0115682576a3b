/**
 * The cell's side of the supervisor: what can be asked of it and what it reports. The wire form is in
 * frames.ts. Kernel messages travel as complete `v1.kernel.websocket.jupyter.org` frames, so that the path
 * from browser to kernel copies bytes and parses no bodies.
 */
import type { KernelId } from '@cellbook/shared/ids.ts';

export interface Hello {
  protoMin: number;
  protoMax: number;
  /** The supervisor's build, for logs. */
  build: string;
  /** The last sequence number it has sent; 0 after a boot. */
  lastSeq: number;
  python: string;
  ipykernel: string | null;
  /** After a restore: processes that were handed fresh entropy, and those that had not taken it in time. */
  renewed?: number | undefined;
  pending?: number | undefined;
}

export interface KernelStart {
  kernelId: KernelId;
  /** The name of a kernelspec of the image. */
  kernelspec: string;
  /** Relative to the workspace's files; the nearest existing parent is used. */
  directory: string;
  environment: Record<string, string>;
}

export type KernelState = 'starting' | 'idle' | 'busy' | 'restarting' | 'dead';

/** Why a kernel's process ended. `out_of_memory` names the limit so that the user can be told. */
export type KernelExit =
  | { reason: 'shutdown' }
  | { reason: 'out_of_memory'; memoryBytesMax: number; residentBytes: number }
  | { reason: 'exited'; exitCode: number | null; signal: number | null };

export interface SupervisorEvents {
  /** A v1 frame from the kernel (channel in the frame) with the kernel's own sequence number. */
  kernelMessage: (kernelId: KernelId, frame: Buffer, seq: number) => void;
  kernelState: (kernelId: KernelId, state: KernelState, exit?: KernelExit) => void;
  terminalOutput: (name: string, data: Buffer) => void;
  terminalExit: (name: string) => void;
  heartbeat: (report: Heartbeat) => void;
  closed: () => void;
}

export interface Heartbeat {
  /** Resident bytes of everything inside. */
  memoryBytes: number;
  /** CPU time used since the start, milliseconds. */
  cpuMs: number;
  processes: number;
  /** `lastActivityMs` is wall time; `responsive` is false when its heartbeat has not answered for 30 s. */
  kernels: Array<{
    kernelId: KernelId;
    state: KernelState;
    memoryBytes: number;
    lastActivityMs: number;
    responsive: boolean;
  }>;
}

export interface RunResult {
  exitCode: number;
  stdout: Buffer;
  stderr: Buffer;
}

export interface SupervisorLink {
  readonly hello: Hello;
  on<Name extends keyof SupervisorEvents>(name: Name, listener: SupervisorEvents[Name]): () => void;
  /** What an earlier controller left running; null for a sandbox that this one started. */
  readonly inherited: Inherited | null;
  /**
   * Begins to hear what an inherited sandbox says, what it said meanwhile first, and asks what runs there. To
   * be called once, when listeners are there.
   */
  takeOver(): Promise<Survey>;
  /** Leaves a note for the controller that may have to take this over; null takes it back. */
  remember(key: string, value: unknown): void;
  listKernelspecs(): Promise<Record<string, KernelspecEntry>>;
  readKernelspecResource(kernelspec: string, file: string): Promise<Buffer>;
  /**
   * Secrets as environment variables, all of them: what is not named any more is forgotten. Given to kernels
   * and terminals started from then on, a kernel's restart included; kept in the supervisor's memory alone. An
   * empty one clears them, as before a checkpoint.
   */
  setEnvironment(environment: Readonly<Record<string, string>>): Promise<void>;
  /** Resolves once the kernel has answered kernel_info; the reply's content is the result. */
  startKernel(start: KernelStart): Promise<KernelInfo>;
  /**
   * Runs code in an idle kernel, unseen, and makes it nobody's: the next one asked for of its kernelspec is it, at
   * once, where it fits.
   */
  setAside(kernelId: KernelId, code: string): Promise<void>;
  interruptKernel(kernelId: KernelId): Promise<void>;
  restartKernel(kernelId: KernelId): Promise<KernelInfo>;
  shutdownKernel(kernelId: KernelId): Promise<void>;
  /** Queues a v1 frame for the kernel; false means the link is full: wait for `drained` before the next. */
  sendKernelMessage(kernelId: KernelId, frame: Uint8Array): boolean;
  /** Resolves when the link, and the kernel's own window if one is named, have room. */
  drained(kernelId?: KernelId): Promise<void>;
  openTerminal(options: { name: string; columns: number; rows: number; directory: string }): Promise<void>;
  writeTerminal(name: string, data: Uint8Array): boolean;
  resizeTerminal(name: string, columns: number, rows: number): void;
  closeTerminal(name: string): Promise<void>;
  /** Runs a command inside to its end; output beyond `outputBytesMax` is a typed `too_large`. */
  run(command: RunCommand): Promise<RunResult>;
  /**
   * Stops at a frame boundary with nothing in flight, ready for a checkpoint. Until `resume` nothing may be sent:
   * what is sent throws `sandbox_unavailable`.
   */
  quiesce(): Promise<void>;
  /** Goes on after `quiesce` or a restore: the supervisor says HELLO again. */
  resume(signal: AbortSignal): Promise<Hello>;
  /** Stops reading what the sandbox sends until the returned function is called; it then waits or drops. */
  holdOutput(): () => void;
}

export interface Inherited {
  kernels: KernelId[];
  terminals: Array<{ name: string; directory: string }>;
  /** Everything else that was remembered, by its key. */
  notes: ReadonlyMap<string, unknown>;
}

/** What runs inside, and how much input of each stream has come and been taken. */
export interface Survey {
  kernels: Array<SurveyedStream & { kernelId: KernelId; state: KernelState }>;
  terminals: Array<SurveyedStream & { name: string }>;
}

interface SurveyedStream {
  stream: number;
  receivedBytes: number;
  acceptedBytes: number;
}

export interface RunCommand {
  argv: string[];
  directory: string;
  stdin?: Uint8Array;
  timeoutMs: number;
  outputBytesMax: number;
}

/** A kernelspec as Jupyter's REST API shows it: `spec` is kernel.json, `resources` maps names to file names. */
export interface KernelspecEntry {
  name: string;
  spec: Record<string, unknown>;
  resources: string[];
}

/** The content of the kernel's kernel_info_reply. */
export type KernelInfo = Record<string, unknown>;
