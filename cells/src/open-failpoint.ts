/** The failpoints that the environment asks for: rules, or `file:` and a path where they are read at every hit. */
import { readFileSync } from 'node:fs';
import { createFailpoint, type Failpoint, parseFailpoints } from '@cellbook/shared/failpoint.ts';
import type { Logger } from '@cellbook/shared/log.ts';

/** Undefined, and so without any cost, where none is asked for. */
export function openFailpoint(environment: NodeJS.ProcessEnv, log: Logger): Failpoint | undefined {
  const given = environment.CELLBOOK_FAILPOINT;
  if (given === undefined || given === '') return undefined;
  const path = given.startsWith('file:') ? given.slice('file:'.length) : null;
  const read = () => (path === null ? given : readFileSync(path, 'utf8'));
  parseFailpoints(read());
  log.warn({ failpoints: given }, 'this process will fail on purpose: CELLBOOK_FAILPOINT is set');
  return createFailpoint({
    read,
    die: () => process.kill(process.pid, 'SIGKILL'),
    struck: ({ text }) => log.warn({ failpoint: text }, 'a failpoint was struck'),
  });
}
