/** A person at a real terminal (a pty) who runs `npm start`, reads what it says and presses keys. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { type IPty, spawn } from 'node-pty';
import { checkoutDirectory } from '../up/config.ts';
import { waitUntil } from '../up/wait-until.ts';

export interface TerminalRun {
  pid: number;
  /** All that was shown, without the sequences that move the cursor. */
  shown(): string;
  shows(text: string | RegExp, deadlineMs?: number): Promise<void>;
  press(keys: string): void;
  exitCode: Promise<number>;
}

export function runInTerminal(args: string[], environment: Record<string, string>): TerminalRun {
  const env = { ...process.env, ...environment } as Record<string, string>;
  const pty: IPty = spawn('npm', args, { cwd: checkoutDirectory, env, cols: 120, rows: 40 });
  let text = '';
  let code: number | null = null;
  pty.onData((data) => {
    text += data;
  });
  pty.onExit(({ exitCode }) => {
    code = exitCode;
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins each sequence
  const shown = () => text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
  return {
    pid: pty.pid,
    shown,
    async shows(wanted, deadlineMs = 120_000) {
      const seen = () => (typeof wanted === 'string' ? shown().includes(wanted) : wanted.test(shown()));
      const ended = () => code !== null && !seen();
      await waitUntil(() => seen() || ended(), {
        clock: systemClock,
        deadlineMs,
        what: `the terminal to show ${wanted}`,
      });
      if (!seen()) throw new Error(`it ended with code ${code} and never showed ${wanted}:\n${shown()}`);
    },
    press: (keys) => pty.write(keys),
    exitCode: waitUntil(() => (code === null ? null : { code }), {
      clock: systemClock,
      deadlineMs: 600_000,
      what: 'the command to end',
    }).then((ended) => ended.code),
  };
}
