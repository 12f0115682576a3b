/**
 * How a program is started: at a terminal and in a session of its own, in its control group, without the agent's rights,
 * network or environment, and killed by the kernel when the agent dies. A gate stands before it: it runs once the agent
 * has written down who it is, so that none ever runs that no record names.
 *
 *     sh (gate: reads “go”, joins the groups) → unshare --net → setpriv (rights, death with its parent) → the program
 */
import { type IPty, spawn } from 'node-pty';
import type { Binary } from './binaries.ts';
import type { Confinement } from './confinement.ts';
import { programPath } from './program-path.ts';

const gate = 'IFS= read -r go || exit 125; [ "$go" = go ] || exit 125';
const join = 'for list in $1; do echo $$ > "$list" || exit 125; done; shift; exec "$@"';
/** The terminal shows what is typed at it. */
const gateEcho = 'go\r\n';

export const launchCommand = (
  binary: Binary,
  processLists: readonly string[],
  confined: Confinement,
): string[] => [
  ...['sh', '-c', `${gate}; ${join}`, 'sh', processLists.join(' ')],
  ...confinedCommand(binary.command, confined),
];

/** The command with no more rights than programs have; also for looking at what they made. */
export function confinedCommand(command: readonly string[], { uid, offline }: Confinement): string[] {
  const rights = uid === null ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const [program = '', ...args] = command;
  return [
    ...(offline ? ['unshare', '--net', '--'] : []),
    ...['setpriv', ...rights, '--no-new-privs', '--pdeathsig', 'KILL', '--'],
    ...[program === 'node' ? process.execPath : program, ...args],
  ];
}

export interface Launched {
  pid: number;
  /** Lets it through the gate. */
  go(): void;
  heard(listener: (text: string) => void): void;
  ended: Promise<{ exitCode: number; signal: number }>;
}

export function launch(command: readonly string[], directory: string, env: Record<string, string>): Launched {
  const [file = '', ...args] = command;
  const pty: IPty = spawn(file, args, { cwd: directory, env, cols: 200, rows: 50 });
  const ended = new Promise<{ exitCode: number; signal: number }>((resolve) => {
    pty.onExit(({ exitCode, signal = 0 }) => resolve({ exitCode, signal }));
  });
  return {
    pid: pty.pid,
    go: () => pty.write('go\n'),
    heard(listener) {
      let echo = gateEcho;
      pty.onData((text) => {
        const shown = Math.min(echo.length, text.length);
        const isEcho = text.startsWith(echo.slice(0, shown));
        echo = isEcho ? echo.slice(shown) : '';
        const said = isEcho ? text.slice(shown) : text;
        if (said !== '') listener(said);
      });
    },
    ended,
  };
}

/** All that a program sees of its surroundings: nothing of the agent's. */
export function jobEnvironment(
  files: { jobFile: string; output: string; checkpoint: string; work: string },
  marks: { attemptId: string; agent: string },
  devices: Record<string, string>,
): Record<string, string> {
  return {
    PATH: programPath,
    ...{ HOME: files.work, TMPDIR: `${files.work}/tmp`, LANG: 'C.UTF-8', TERM: 'xterm' },
    // Its user id has no name on the host, and libraries ask for one.
    ...{ USER: 'job', LOGNAME: 'job' },
    CELLBOOK_JOB_FILE: files.jobFile,
    CELLBOOK_OUTPUT_DIR: files.output,
    CELLBOOK_CHECKPOINT: files.checkpoint,
    CELLBOOK_ATTEMPT_ID: marks.attemptId,
    CELLBOOK_AGENT: marks.agent,
    ...devices,
  };
}
