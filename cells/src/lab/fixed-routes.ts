/**
 * What JupyterLab asks of a server that can be extended, answered by one that is built once: no extensions
 * to install, no build to run, no news to fetch, English. JupyterLab takes each as a normal answer.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../api/access/route-access.ts';
import type { LabRouteDeps } from './lab-routes.ts';
import { licenseReport } from './license-report.ts';

const localeSchema = z.object({ locale: z.string() });
const reportSchema = z.object({
  format: z.enum(['json', 'csv', 'markdown']).default('json'),
  full_text: z.enum(['true', 'false', '1', '0']).default('true'),
  download: z.enum(['true', 'false', '1', '0']).default('0'),
});

export function registerFixedRoutes(app: FastifyInstance, prefix: string, deps: LabRouteDeps): void {
  const answer = (path: string, body: unknown) => app.get(`${prefix}/${path}`, reading, async () => body);
  answer('build', { status: 'stable', message: '' });
  answer('extensions', []);
  answer('plugins', { allLocked: true, lockRules: [] });
  answer('news', { news: [] });
  answer('update', { notification: null });
  const nothingListed = { blocked_extensions: [], allowed_extensions: [] };
  answer('listings/@jupyterlab/extensionmanager-extension/listings.json', {
    blocked_extensions_uris: [],
    allowed_extensions_uris: [],
    ...nothingListed,
  });
  registerTranslations(app, `${prefix}/translations`);
  registerRefusals(app, prefix);

  for (const path of [`${prefix}/licenses`, `${prefix}/licenses/`]) {
    app.get(path, reading, async (request, reply) => {
      const asked = reportAsked(request.query);
      const report = licenseReport(deps.data.licenses, asked.format, isTrue(asked.full_text));
      const disposition = `attachment; filename="jupyterlab-licenses.${report.extension}"`;
      if (isTrue(asked.download)) reply.header('content-disposition', disposition);
      return reply.type(report.contentType).send(report.text);
    });
  }
}

const isTrue = (flag: string) => flag === 'true' || flag === '1';

function reportAsked(query: unknown): z.infer<typeof reportSchema> {
  const parsed = reportSchema.safeParse(query);
  if (parsed.success) return parsed.data;
  throw new CellbookError('bad_request', {
    doing: 'writing the report of licences',
    problem: z.prettifyError(parsed.error),
    next: 'Ask for format=json, csv or markdown.',
  });
}

/** A language pack that is not there is a message inside a 200, never an error. */
function registerTranslations(app: FastifyInstance, prefix: string): void {
  const english = { displayName: 'English', nativeName: 'English' };
  for (const path of [prefix, `${prefix}/`]) {
    app.get(path, reading, async () => ({ data: { en: english }, message: '' }));
  }
  app.get(`${prefix}/:locale`, reading, async (request) => {
    const { locale } = localeSchema.parse(request.params);
    const isEnglish = locale === 'default' || /^en([_-]|$)/i.test(locale);
    return { data: {}, message: isEnglish ? '' : `Language pack '${locale}' not installed!` };
  });
}

/** What would change the installation is refused by name, so that a client knows it was understood. */
function registerRefusals(app: FastifyInstance, prefix: string): void {
  const refuse = async () => {
    throw new CellbookError('not_implemented', {
      doing: 'changing the JupyterLab of a workspace',
      problem: 'it is the same for every workspace and is built ahead of time',
      next: 'Install packages for your kernels with pip; extensions are added by the operator.',
    });
  };
  for (const path of ['build', 'extensions', 'plugins']) app.post(`${prefix}/${path}`, using, refuse);
  app.delete(`${prefix}/build`, using, refuse);
}
