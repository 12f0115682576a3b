/** One conversion: a small program in the sandbox that calls nbconvert, and its answer. */
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { WorkspaceGateway } from '../workspace/workspace-gateway.ts';
import { convertProgram } from './program.ts';

/** nbconvert's exporters and what each makes; listing them must not wake a workspace. */
export const exporters: Record<string, string> = {
  asciidoc: 'text/asciidoc',
  custom: '',
  html: 'text/html',
  latex: 'text/latex',
  markdown: 'text/markdown',
  notebook: 'application/json',
  pdf: 'application/pdf',
  python: 'text/x-python',
  qtpdf: 'application/pdf',
  qtpng: 'image/png',
  rst: 'text/restructuredtext',
  script: '',
  slides: 'text/html',
  webpdf: 'application/pdf',
};

export type ConvertSource = { path: string } | { name: string; content: Record<string, unknown> };

export interface Converted {
  mimetype: string;
  fileName: string;
  /** The result has resources (images) beside it and comes as one archive. */
  isZip: boolean;
  bytes: Buffer;
}

/** The program's first line; the bytes follow. */
const headSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('ok'),
    // Both become headers, and an exporter of the user's own may name anything.
    mimetype: z.string().regex(/^$|^[\w.+-]{1,100}\/[\w.+-]{1,100}$/),
    fileName: z
      .string()
      .max(1_024)
      .transform((name) => name.toWellFormed()),
    isZip: z.boolean(),
  }),
  z.object({ status: z.enum(['missing', 'unreadable', 'failed', 'absent']), problem: z.string() }),
]);

export async function convert(
  workspace: WorkspaceGateway,
  format: string,
  source: ConvertSource,
): Promise<Converted> {
  if (!Object.hasOwn(exporters, format)) throw noExporter(format);
  workspace.touch();
  const details = {
    code: 'resume_timeout',
    doing: 'converting a notebook',
    next: 'Try again in a few seconds.',
  } as const;
  return withDeadline(workspace.clock, limits.gateway.workRequestMsMax, details, () =>
    runProgram(workspace, format, source),
  );
}

async function runProgram(
  workspace: WorkspaceGateway,
  format: string,
  source: ConvertSource,
): Promise<Converted> {
  const { link } = await workspace.ensureLive();
  const isFile = 'path' in source;
  const name = isFile ? source.path : source.name;
  const { stdout, exitCode, stderr } = await link.run({
    argv: ['python3', '-c', convertProgram, format, name, isFile ? 'file' : 'stdin'],
    directory: '',
    ...(isFile ? {} : { stdin: Buffer.from(JSON.stringify(source.content)) }),
    timeoutMs: limits.gateway.convertMsMax,
    outputBytesMax: limits.gateway.convertBytesMax,
  });
  const headEnd = stdout.indexOf(10);
  const head = headEnd === -1 ? null : parseHead(stdout.subarray(0, headEnd));
  if (!head)
    throw failed(format, name, `the converter ended with code ${exitCode}: ${stderr.toString().slice(-500)}`);
  if (head.status === 'ok') return { ...head, bytes: stdout.subarray(headEnd + 1) };
  if (head.status === 'missing') throw missing(name);
  throw failed(format, name, head.problem.slice(0, 1_000));
}

function parseHead(line: Buffer): z.infer<typeof headSchema> | null {
  try {
    return headSchema.parse(JSON.parse(line.toString()));
  } catch {
    return null;
  }
}

function noExporter(format: string): CellbookError {
  return new CellbookError('not_found', {
    doing: 'converting a notebook',
    problem: `No exporter for format: ${format.slice(0, 100)}`,
    next: 'See api/nbconvert for the formats there are.',
  });
}

function missing(path: string): CellbookError {
  return new CellbookError('not_found', {
    doing: 'converting a notebook',
    problem: `No such file: ${path}`,
    next: 'Check the path.',
  });
}

function failed(format: string, name: string, problem: string): CellbookError {
  return new CellbookError('malformed_notebook', {
    doing: `converting ${name} to ${format}`,
    problem,
    next: 'Check that the file is a notebook, and that what the format needs (nbconvert, for PDF also TeX) is installed in the workspace.',
  });
}
