/**
 * One Python process that stays, and sets times through `utimensat` for whoever asks: starting one takes 15 ms
 * of a processor, which a resume of an empty home would otherwise mostly consist of.
 *
 *   asks      `<descriptor> <bytes>\n`, then that many bytes: records `<ns>\0<name>/<name>\0\0`
 *   answers   one byte each, in order: `y`, or `n` where the directory could not be opened
 *
 * The directory is opened as `/proc/<us>/fd/<descriptor>`, which is the very directory that we hold, wherever it
 * has been moved. Names go in as bytes, one step at a time, and links are not followed. The process ends with
 * its input; until then it keeps nobody from ending.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { limits } from '@cellbook/shared/limits.ts';

const program = `
import os, sys
source, sink = sys.stdin.buffer, sys.stdout.buffer
def set_one(root, record):
    ns, _, path = record.partition(b'\\0')
    names = path.split(b'/')
    here = root
    try:
        for name in names[:-1]:
            there = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            if here != root: os.close(here)
            here = there
        when = int(ns)
        os.utime(names[-1], ns=(when, when), dir_fd=here, follow_symlinks=False)
    except OSError:
        pass
    finally:
        if here != root: os.close(here)
while True:
    head = source.readline()
    if not head: break
    descriptor, length = head.split()
    records = source.read(int(length)).split(b'\\0\\0')
    try:
        root = os.open('/proc/%s/fd/%s' % (sys.argv[1], descriptor.decode()), os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        sink.write(b'n'); sink.flush()
        continue
    try:
        for record in records:
            if record: set_one(root, record)
    finally:
        os.close(root)
    sink.write(b'y'); sink.flush()
`;

export class TimeSetter {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #waiting: ((done: boolean) => void)[] = [];
  #ended = false;
  #hasAnswered = false;

  constructor(python: string) {
    this.#child = spawn(python, ['-I', '-S', '-c', program, `${process.pid}`], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child.on('error', () => this.#end());
    this.#child.on('close', () => this.#end());
    this.#child.stdin.on('error', () => {});
    this.#child.stdout.on('data', (answers: Buffer) => this.#heard(answers));
    this.#child.unref();
    this.#hold(false);
  }

  /** It will not answer any more. */
  get ended(): boolean {
    return this.#ended;
  }

  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** False where it could not be asked. Sets what it can; a name that is gone by then is no failure. */
  ask(descriptor: number, records: Buffer): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    return new Promise((resolve) => {
      const deadline = AbortSignal.timeout(limits.storage.exactTimesMs);
      const giveUp = () => this.#child.kill('SIGKILL');
      deadline.addEventListener('abort', giveUp);
      this.#waiting.push((done) => {
        deadline.removeEventListener('abort', giveUp);
        resolve(done);
      });
      this.#hold(true);
      this.#child.stdin.write(`${descriptor} ${records.length}\n`);
      this.#child.stdin.write(records);
    });
  }

  #heard(answers: Buffer): void {
    this.#hasAnswered = true;
    for (const answer of answers) this.#waiting.shift()?.(answer === 'y'.charCodeAt(0));
    this.#hold(this.#waiting.length > 0);
  }

  #end(): void {
    this.#ended = true;
    for (const answer of this.#waiting.splice(0)) answer(false);
  }

  /** Whether this process waits for an answer, and so must not end before it. */
  #hold(waits: boolean): void {
    for (const stream of [this.#child.stdin, this.#child.stdout])
      if (stream instanceof Socket) waits ? stream.ref() : stream.unref();
  }
}
