/** `cellbook jobs …`: GPU jobs. */
import { readFile } from 'node:fs/promises';
import { systemClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Job } from '@cellbook/shared/protocol/job.ts';
import { type Command, Option } from 'commander';
import { answer } from '../../clients/typescript/client.ts';
import type { Cli } from '../cli.ts';
import type { Context } from '../context.ts';
import { describeJob, jobHeadings, jobRow } from '../jobs/describe-job.ts';
import { describeQueue } from '../jobs/describe-queue.ts';
import { fetchResult } from '../jobs/fetch-result.ts';
import { followJob } from '../jobs/follow-job.ts';
import { numberOf, requestOf, type SubmitOptions } from '../jobs/request-of.ts';
import { textOfLog } from '../jobs/text-of-log.ts';
import { type Show, table } from '../show.ts';

export function registerJobs(program: Command, cli: Cli): void {
  const jobs = program.command('jobs').description('GPU jobs: submit, follow, cancel, fetch results');
  registerSubmit(jobs, cli);
  registerReading(jobs, cli);
  registerResult(jobs, cli);
}

const several = (text: string, before: string[] = []): string[] => [...before, text];

function registerSubmit(jobs: Command, cli: Cli): void {
  jobs
    .command('submit [prompt]')
    .description('hand a job in: a video of a prompt, a notebook, or another program of the region')
    .option('--notebook <file>', 'run this notebook, with --param as its parameters')
    .option('--task <program>', 'run this program')
    .option('-p, --param <name=value>', 'a parameter; JSON where it is some', several)
    .option('--seed <number>', 'the same seed gives the same video')
    .option('--steps <number>', 'steps of the renderer')
    .option('--duration <seconds>', 'of the video')
    .option('--size <WxH>', 'of the video, such as 640x360')
    .option('--gpus <number>', 'all on one host')
    .option('--sku <model>', 'a GPU model that will do', several)
    .option('--memory <MiB>', 'of each GPU')
    .option('--name <name>', 'what lists show')
    .option('--label <name=value>', 'for your own filters', several)
    .option('--not-before <time>', 'an ISO time')
    .option('--deadline <time>', 'useless after')
    .option('--wall <seconds>', 'the most that all its attempts run together')
    .option('--every <seconds>', 'run it again so often')
    .option('--times <number>', 'runs in all, with --every')
    .option('--region <region>', 'where it may run', several)
    .option('--webhook <url>', 'told of its end')
    .option('--interactive', 'you wait in front of it')
    .addOption(new Option('--reuse <how>', 'of an identical request').choices(['finished', 'join', 'off']))
    .addOption(new Option('--durability <how>', 'when it is acknowledged').choices(['durable', 'batched']))
    .option('--watch', 'follow it until it has ended')
    .action((prompt: string | undefined, { watch, ...options }: SubmitOptions & { watch?: boolean }) =>
      cli.run(async (context, show) => {
        const { notebook } = options;
        const text = notebook === undefined ? {} : { notebook: await readFile(notebook, 'utf8') };
        const body = requestOf(prompt, { ...options, ...text });
        const made = await answer(context.api.POST('/v1/jobs', { body, params: { header: {} } }));
        if (watch) await follow(context, show, made.id);
        else show.result(made, () => made.id);
      }),
    );
}

function registerReading(jobs: Command, cli: Cli): void {
  jobs
    .command('ls')
    .description('your jobs, newest first')
    .addOption(new Option('--of <whom>', 'whose').choices(['me', 'organisation']).default('me'))
    .addOption(new Option('--state <state>', 'only those').choices(['waiting', 'running', 'ended']))
    .option('--label <name=value>', 'only those with this label')
    .option('--limit <number>', 'at the most', '50')
    .action(
      ({ limit, ...query }: { of: 'me' | 'organisation'; state?: 'ended'; label?: string; limit: string }) =>
        cli.run(async ({ api }, show) => {
          const list = await answer(
            api.GET('/v1/jobs', { params: { query: { ...query, limit: numberOf('limit', limit) } } }),
          );
          show.result(list.jobs, () => table(jobHeadings, list.jobs.map(jobRow)));
        }),
    );
  jobs
    .command('queue')
    .description('where you and your organisation stand: limits, spend, who waits')
    .action(() =>
      cli.run(async ({ api }, show) => {
        const queue = await answer(api.GET('/v1/jobs/queue'));
        show.result(queue, () => describeQueue(queue).join('\n'));
      }),
    );
  jobs
    .command('get <job>')
    .description('one job: where it is, why it waits, what became of each attempt')
    .action((jobId: string) =>
      cli.run(async ({ api }, show) => {
        const job = await answer(api.GET('/v1/jobs/{jobId}', { params: { path: { jobId } } }));
        show.result(job, () => describeJob(job).join('\n'));
      }),
    );
  jobs
    .command('watch <job>')
    .description('follow a job until it has ended; fails where it does')
    .action((jobId: string) => cli.run((context, show) => follow(context, show, jobId)));
  jobs
    .command('logs <job>')
    .description('the last lines of each attempt')
    .action((jobId: string) =>
      cli.run(async ({ api }, show) => {
        const log = await answer(api.GET('/v1/jobs/{jobId}/logs', { params: { path: { jobId } } }));
        show.result(log, () => textOfLog(log));
      }),
    );
  jobs
    .command('cancel <job>')
    .description('ask that it stops, wherever it is')
    .action((jobId: string) =>
      cli.run(async ({ api }, show) => {
        const path = { params: { path: { jobId }, header: {} } };
        const job = await answer(api.POST('/v1/jobs/{jobId}/cancel', path));
        show.result(job, () => `${job.id} ${job.phase}`);
      }),
    );
}

function registerResult(jobs: Command, cli: Cli): void {
  jobs
    .command('result <job>')
    .description('fetch what it made')
    .option('-o, --output <file>', 'where to (absent: under its own name, here)')
    .option('--url', 'only print an address of it that is valid for an hour')
    .action((jobId: string, { output, url }: { output?: string; url?: boolean }) =>
      cli.run(async ({ api }, show) => {
        const result = await answer(api.GET('/v1/jobs/{jobId}/result', { params: { path: { jobId } } }));
        if (url) {
          show.result(result, () => result.url);
          return;
        }
        const path = output ?? result.name.replace(/^.*[/\\]/, '');
        await fetchResult({ ...result, jobId }, path);
        show.result({ ...result, path }, () => path);
      }),
    );
}

async function follow({ settings }: Context, show: Show, jobId: string): Promise<void> {
  const ended = await followJob({
    ...{ url: settings.url, token: settings.token, jobId, clock: systemClock },
    onJob: (job, what) => show.note(`${job.phase}  ${what}${job.because ? `: ${job.because}` : ''}`),
    onProgress: (progress) => show.note(`running  ${Math.round(progress * 100)} %`),
  });
  show.result(ended, () => `${ended.id} ${ended.phase}`);
  if (ended.phase !== 'succeeded') throw unsuccessful(ended);
}

const unsuccessful = ({ id, phase, because }: Job): CellbookError =>
  new CellbookError('conflict', {
    doing: `following job ${id}`,
    problem: `it is ${phase}${because ? `: ${because}` : ''}`,
    next: `cellbook jobs logs ${id} shows what it wrote last.`,
  });
