/**
 * How every command runs: with its context, its result shown, a failure told, and an exit code that says which:
 *
 *     0   done
 *     1   refused, or failed
 *     2   not understood (commander)
 *     3   the code that was run failed: a cell of a notebook, or what `exec` was given
 */
import type { Command } from 'commander';
import { type Context, openContext } from './context.ts';
import { createShow, type Show } from './show.ts';
import { keyRefused } from './told-failure.ts';

export const codeFailed = 3;

export interface Cli {
  run(work: (context: Context, show: Show) => Promise<void>): Promise<void>;
  /** For what needs nobody to be logged in. */
  runAlone(work: (show: Show) => Promise<void>): Promise<void>;
}

export function createCli(program: Command): Cli {
  const options = () => program.opts<{ json?: boolean; at?: string }>();
  const attempt = async (work: (show: Show) => Promise<void>) => {
    const show = createShow(options().json === true);
    try {
      await work(show);
    } catch (thrown) {
      show.failure(thrown);
      process.exitCode ||= 1;
    }
  };
  return {
    runAlone: attempt,
    run: (work) =>
      attempt(async (show) => {
        const context = await openContext({ at: options().at });
        await work(context, show).catch((thrown: unknown) => {
          throw keyRefused(thrown, context.settings.url);
        });
      }),
  };
}
