/** The rows of the crash matrix at calls that leave the process: which calls are made in which scenario. Pure. */
import type { CrashCase, ScenarioName } from './cases.ts';
import type { seams } from './with-failpoints.ts';

type SeamPoint = {
  [Seam in keyof typeof seams]: `${Seam}.${(typeof seams)[Seam][number]}`;
}[keyof typeof seams];

interface SeamPlan {
  scenarios: readonly ScenarioName[];
  /** Only a daemon keeps memory, and makes the calls for that; its controller's are steps. Else the controller's. */
  madeBy?: 'host';
  /** Positions inside the call, beside before and after it. */
  inside?: readonly string[];
}

const seamPlans: Record<SeamPoint, SeamPlan> = {
  'driver.start': { scenarios: ['resume'], inside: ['during'] },
  'driver.destroy': { scenarios: ['suspend', 'delete'] },
  'driver.freeze': { scenarios: ['suspend_to_sleep'], madeBy: 'host', inside: ['during'] },
  'driver.thaw': { scenarios: ['resume_at_rest'], madeBy: 'host', inside: ['during'] },
  'driver.checkpoint': { scenarios: ['tend_frozen'], madeBy: 'host', inside: ['during'] },
  'driver.restore': { scenarios: ['resume_stored'], madeBy: 'host', inside: ['during'] },
  'rests.put': { scenarios: ['suspend_to_sleep', 'tend_frozen'], inside: ['during'] },
  'rests.remove': { scenarios: ['resume_at_rest', 'resume_stored', 'delete_at_rest'], inside: ['during'] },
  'manifests.claim': { scenarios: ['resume'] },
  'manifests.release': { scenarios: ['suspend', 'delete'] },
  'manifests.commit': {
    scenarios: ['save_while_running', 'save_while_suspended', 'suspend', 'restore_version'],
    inside: ['during'],
  },
  'manifests.destroy': { scenarios: ['purge'] },
  // A directory has one more: the bytes are all there, under a name that nobody reads.
  'objects.put': {
    scenarios: ['save_while_running', 'save_while_suspended', 'suspend', 'restore_version'],
    inside: ['during', 'written'],
  },
  'objects.delete': { scenarios: ['purge'] },
  'workspaces.create': { scenarios: ['create'], inside: ['during'] },
  'idempotency.answer': { scenarios: ['create', 'restore_version'], inside: ['during'] },
};

export function seamCases(): CrashCase[] {
  return Object.entries(seamPlans).flatMap(([point, { scenarios, madeBy, inside = [] }]) =>
    scenarios.flatMap((scenario) =>
      ['before', ...inside, 'after'].map((position): CrashCase => {
        const name = `${scenario}.${point}.${position}`;
        return {
          ...{ name: madeBy === 'host' ? hostName(name) : name, scenario, kind: 'seam' },
          ...{ dies: madeBy ?? 'controller', store: 'directory', failpoints: [`${point}.${position}`] },
        };
      }),
    ),
  );
}

const hostName = (name: string): string => `host.${name}`;

/** Made by the controller, wherever the files live. */
const notOfHosts: readonly ScenarioName[] = [
  ...(['save_while_suspended', 'restore_version', 'purge', 'create'] as const),
  // What a daemon does of these is said above.
  ...(['suspend_to_sleep', 'resume_at_rest', 'resume_stored', 'tend_frozen', 'delete_at_rest'] as const),
];

/** The same calls, where a daemon makes them: what is live is its own. */
export function hostCases(): CrashCase[] {
  return seamCases()
    .filter(({ scenario }) => !notOfHosts.includes(scenario))
    .map((seamCase) => ({ ...seamCase, name: hostName(seamCase.name), dies: 'host' }));
}

/** An object on its way to a real server, from where nothing is left behind on this machine. */
export function s3Cases(): CrashCase[] {
  const scenarios: readonly ScenarioName[] = ['save_while_suspended', 'suspend'];
  return seamCases()
    .filter(({ scenario, failpoints: [point = ''] }) => {
      return scenarios.includes(scenario) && point.startsWith('objects.put.') && !point.endsWith('.written');
    })
    .map((seamCase) => ({ ...seamCase, name: `s3.${seamCase.name}`, store: 's3' }));
}
