/** What `/lab/api/cellbook/environment` says of the installed packages, and the words for it. Pure. */
import { z } from 'zod/mini';

export const environmentSchema = z.object({
  digest: z.nullable(z.string()),
  state: z.string(),
  problem: z.nullable(z.string()),
  files: z.number(),
  bytes: z.number(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  storedAt: z.nullable(z.string()),
  previous: z.nullable(z.object({ packages: z.number() })),
});
export type Environment = z.infer<typeof environmentSchema>;

const digestCharacters = 12;

export function environmentSummary(
  { digest, state, problem, bytes, packages, storedAt }: Environment,
  time: (at: Date) => string,
): string[] {
  const trouble = troubles[state];
  const told = trouble === undefined ? [] : [problem ? `${trouble} (${problem})` : trouble];
  if (digest === null || storedAt === null)
    return ['Nothing is installed beyond what the workspace’s image has.', ...told, ...beingStored];
  return [
    `${countOf(packages.length)}, ${inWords(bytes)}, kept as layer ${digest.slice(0, digestCharacters)}.`,
    `Stored ${time(new Date(storedAt))}; the lockfile names every version.`,
    ...told,
    ...beingStored,
  ];
}

const beingStored = ['What pip installs is stored a few seconds after it has finished.'];

const troubles: Readonly<Record<string, string | undefined>> = {
  damaged: 'What was stored cannot be read: it is installed anew from the lockfile when the workspace runs.',
  rebuilding: 'It is being installed anew from the lockfile.',
  failed: 'It could not be installed anew from the lockfile.',
};

export interface Offer {
  label: string;
  to: 'empty' | 'previous';
  question: string;
}

const afterwards =
  'No file is touched. What a kernel has imported it keeps until it is restarted; an image of the workspace’s memory from before may not come back.';

/** What can be done with it, each with what is asked first. */
export function environmentOffers({ digest, packages, previous }: Environment): Offer[] {
  const offers: Offer[] = [];
  if (digest !== null) {
    const question = `Uninstall ${packages.length === 1 ? 'the package' : `all ${packages.length} packages`} of this workspace? ${afterwards}`;
    offers.push({ label: 'Reset environment…', to: 'empty', question });
  }
  if (previous !== null) {
    const question = `Bring back what was installed before (${countOf(previous.packages)})? ${afterwards}`;
    offers.push({ label: 'Bring back previous…', to: 'previous', question });
  }
  return offers;
}

const countOf = (packages: number): string => (packages === 1 ? '1 package' : `${packages} packages`);

export function inWords(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  if (mebibytes >= 1024) return `${(mebibytes / 1024).toFixed(1)} GiB`;
  return mebibytes >= 1 ? `${Math.round(mebibytes)} MiB` : `${Math.ceil(bytes / 1024)} KiB`;
}
