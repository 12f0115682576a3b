/** What may be a secret: the name of an environment variable that nothing of ours needs, and a value it can have. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** They decide how programs start inside, or belong to Jupyter and to us. */
const reserved = new Set(
  [
    'PATH HOME USER LOGNAME SHELL TERM PWD TMPDIR IFS',
    // An organisation's secret is in its members' shells and kernels: these would run what an admin wrote.
    'ENV BASH_ENV BASHOPTS SHELLOPTS PROMPT_COMMAND PS0 PS1 PS2 PS4 INPUTRC PAGER EDITOR VISUAL BROWSER',
    'GIT_ASKPASS GIT_EDITOR GIT_EXEC_PATH GIT_EXTERNAL_DIFF GIT_PAGER GIT_PROXY_COMMAND GIT_SSH GIT_SSH_COMMAND',
    'SSH_ASKPASS GCONV_PATH GLIBC_TUNABLES MPLBACKEND NODE_OPTIONS PERL5LIB PERL5OPT RUBYLIB RUBYOPT',
  ].flatMap((line) => line.split(' ')),
);
const reservedPrefixes = ['LD_', 'GIT_CONFIG', 'XDG_', 'PYTHON', 'IPYTHON', 'JUPYTER', 'JPY_', 'CELLBOOK_'];

/** Throws `bad_request`. */
export function checkName(name: string): void {
  if (!variable.test(name))
    throw refused(
      'it is not the name of an environment variable',
      'Use letters, digits and underscores, beginning with a letter or an underscore.',
    );
  if (name.length > limits.secrets.nameCharsMax)
    throw refused('its name is too long', `Use at most ${limits.secrets.nameCharsMax} characters.`);
  const prefix = reservedPrefixes.find((one) => name.startsWith(one));
  if (prefix !== undefined || reserved.has(name))
    throw refused(
      `${prefix === undefined ? name : `${prefix}…`} is reserved: programs in the sandbox start by it`,
      'Choose another name, and set this variable in your own code if you must.',
    );
}

/** Throws `bad_request` or `too_large`, and never repeats the value. */
export function checkValue(value: string): void {
  if (value === '') throw refused('its value is empty', 'DELETE removes a secret.');
  if (value.includes('\0') || !value.isWellFormed())
    throw refused(
      'its value cannot be an environment variable: it holds a zero byte or half a character',
      'Encode binary values, for example as base64.',
    );
  const { valueBytesMax } = limits.secrets;
  if (Buffer.byteLength(value) > valueBytesMax)
    throw new CellbookError('too_large', {
      doing,
      problem: `its value is over the limit of ${valueBytesMax} bytes`,
      next: 'Keep large credentials in parts, or fetch them with a short one.',
    });
}

const doing = 'saving a secret';
const refused = (problem: string, next: string) => new CellbookError('bad_request', { doing, problem, next });
