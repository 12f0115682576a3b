/**
 * A sandbox of our own interface whose kernels are a few lines of code, for what a real one cannot be made
 * to do on time: die at a chosen moment, fill its link, run out of memory. Code is a list of words:
 * `print X`, `count N` (N lines), `wait` (until `go`), `die`, `oom`.
 */
import type { KernelId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { Sandbox, SandboxExit } from '../../sandbox/driver.ts';
import type {
  Inherited,
  KernelExit,
  KernelStart,
  SupervisorEvents,
  SupervisorLink,
  Survey,
} from '../../sandbox/link/supervisor-link.ts';
import { looseHeader, readObject } from '../frames/message.ts';
import { type Channel, part, readV1Frame, writeV1Frame } from '../frames/v1-frame.ts';

type Listeners = { [Name in keyof SupervisorEvents]: Set<SupervisorEvents[Name]> };

const kernelspecs = {
  python3: {
    name: 'python3',
    spec: { display_name: 'Python 3', language: 'python', argv: [] },
    resources: ['logo-svg.svg'],
  },
};
export const fakeKernelInfo = { status: 'ok', protocol_version: '5.3', implementation: 'fake', banner: '' };

export class FakeSandbox implements Sandbox {
  readonly id: SandboxId;
  readonly workspaceId: WorkspaceId;
  readonly epoch: number;
  readonly exited: Promise<SandboxExit>;
  readonly link: FakeLink;
  #settle: (exit: SandboxExit) => void = () => {};

  /** With the link of another it is that sandbox, back from its sleep. */
  constructor(id: SandboxId, workspaceId: WorkspaceId, epoch: number, link = new FakeLink()) {
    this.id = id;
    this.workspaceId = workspaceId;
    this.epoch = epoch;
    this.link = link;
    this.exited = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  end(exit: SandboxExit): void {
    this.link.emit('closed');
    this.#settle(exit);
  }
}

export class FakeLink implements SupervisorLink {
  readonly hello = { protoMin: 1, protoMax: 1, build: 'fake', lastSeq: 0, python: '3', ipykernel: null };
  inherited: Inherited | null = null;
  survey: Survey = { kernels: [], terminals: [] };
  readonly notes = new Map<string, unknown>();
  readonly started: KernelStart[] = [];
  readonly received: Array<{ kernelId: KernelId; msgType: string; msgId: string }> = [];
  readonly restarted: KernelId[] = [];
  readonly typed: string[] = [];
  readonly opened: string[] = [];
  /** Each one that was set, the newest last. */
  readonly environments: Array<Readonly<Record<string, string>>> = [];
  /** While true the link accepts a message and says it is full. */
  isFull = false;
  /** While set, kernels fail to start with it. */
  startFailure: Error | null = null;
  #release: Array<() => void> = [];
  #waiting: Array<() => void> = [];
  #executions = 0;
  readonly #listeners: Listeners = {
    kernelMessage: new Set(),
    kernelState: new Set(),
    terminalOutput: new Set(),
    terminalExit: new Set(),
    heartbeat: new Set(),
    closed: new Set(),
  };

  on<Name extends keyof SupervisorEvents>(name: Name, listener: SupervisorEvents[Name]): () => void {
    this.#listeners[name].add(listener);
    return () => void this.#listeners[name].delete(listener);
  }

  emit<Name extends keyof SupervisorEvents>(name: Name, ...args: Parameters<SupervisorEvents[Name]>): void {
    for (const listener of this.#listeners[name]) (listener as (...args: unknown[]) => void)(...args);
  }

  takeOver = async () => this.survey;
  remember(key: string, value: unknown): void {
    if (value === null) this.notes.delete(key);
    else this.notes.set(key, value);
  }

  listKernelspecs = async () => kernelspecs;
  readKernelspecResource = async (name: string, file: string) => Buffer.from(`${name}/${file}`);

  async setEnvironment(environment: Readonly<Record<string, string>>) {
    this.environments.push(environment);
  }

  async startKernel(start: KernelStart) {
    if (this.startFailure) throw this.startFailure;
    if (this.started.some(({ kernelId }) => kernelId === start.kernelId))
      throw new Error('it was started already');
    this.started.push(start);
    return fakeKernelInfo;
  }

  interruptKernel = async () => {};
  async restartKernel(kernelId: KernelId) {
    this.restarted.push(kernelId);
    return fakeKernelInfo;
  }

  shutdownKernel = async () => {};

  sendKernelMessage(kernelId: KernelId, bytes: Uint8Array): boolean {
    const { channel, parts } = readV1Frame(Buffer.from(bytes));
    const header = parts[part.header]!;
    const { msgId, msgType } = looseHeader(header)!;
    this.received.push({ kernelId, msgType, msgId });
    const say = (to: Channel, type: string, content: Record<string, unknown>) =>
      this.#say(kernelId, header, to, type, content);
    if (msgType === 'execute_request')
      void this.#execute(kernelId, String(readObject(parts[part.content]!).code), say);
    else if (msgType.endsWith('_request')) {
      say('iopub', 'status', { execution_state: 'busy' });
      say(channel, msgType.replace('_request', '_reply'), { status: 'ok', live: true });
      say('iopub', 'status', { execution_state: 'idle' });
    }
    return !this.isFull;
  }

  /** Lets `wait` go on. */
  go(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  async drained(): Promise<void> {
    if (this.isFull) await new Promise<void>((resolve) => this.#release.push(resolve));
  }

  drain(): void {
    this.isFull = false;
    for (const resume of this.#release.splice(0)) resume();
  }

  async openTerminal({ name }: { name: string }) {
    this.opened.push(name);
    this.emit('terminalOutput', name, Buffer.from('$ '));
  }

  writeTerminal(name: string, data: Uint8Array): boolean {
    this.typed.push(Buffer.from(data).toString());
    this.emit('terminalOutput', name, Buffer.from(data));
    return true;
  }

  resizeTerminal(): void {}
  async closeTerminal(_name: string): Promise<void> {}
  run = async () => ({ exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) });
  async setAside() {}
  async quiesce() {}
  resume = async () => this.hello;
  holdOutput = () => () => {};

  #say(
    kernelId: KernelId,
    parent: Buffer,
    channel: Channel,
    msgType: string,
    content: Record<string, unknown>,
  ): void {
    const header = { msg_id: systemRandom.uuid(), msg_type: msgType, session: 'kernel' };
    const parts = [
      Buffer.from(JSON.stringify(header)),
      parent,
      Buffer.from('{}'),
      Buffer.from(JSON.stringify(content)),
    ];
    this.emit('kernelMessage', kernelId, writeV1Frame(channel, parts), 0);
  }

  async #execute(
    kernelId: KernelId,
    code: string,
    say: (to: Channel, type: string, content: Record<string, unknown>) => void,
  ): Promise<void> {
    const execution_count = ++this.#executions;
    say('iopub', 'status', { execution_state: 'busy' });
    say('iopub', 'execute_input', { code, execution_count });
    for (const line of code.split('\n')) {
      const [word, argument = ''] = line.split(' ');
      if (word === 'print') say('iopub', 'stream', { name: 'stdout', text: `${argument}\n` });
      if (word === 'count')
        for (let index = 0; index < Number(argument); index++)
          say('iopub', 'stream', { name: 'stdout', text: `${index}\n` });
      if (word === 'wait') await new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (word === 'die')
        return this.emit('kernelState', kernelId, 'dead', { reason: 'exited', exitCode: 9, signal: null });
      if (word === 'oom') {
        const exit: KernelExit = {
          reason: 'out_of_memory',
          memoryBytesMax: 512 * 2 ** 20,
          residentBytes: 500 * 2 ** 20,
        };
        return this.emit('kernelState', kernelId, 'dead', exit);
      }
    }
    say('shell', 'execute_reply', { status: 'ok', execution_count });
    say('iopub', 'status', { execution_state: 'idle' });
  }
}
