/**
 * The image that a pool's members are restored from: a sandbox of nobody's with a Python kernel that has done the
 * usual imports and waits to be handed out. Made once per image of files, runsc build and processor (its
 * fingerprint says which); members differ from each other by what they draw and by whose they become.
 *
 *     startMember ─▶ startKernel ─▶ imports, set aside ─▶ quiesce ─▶ checkpoint ─▶ directory
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { newKernelId, newSandboxId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import type { SandboxDriver, SandboxLimits, SnapshotImage } from '../driver.ts';

export const goldenRecipeSchema = z.strictObject({
  kernelspec: z.string(),
  /** Modules to import; those that the image lacks are left out. */
  imports: z.array(z.string().regex(/^[A-Za-z_][\w.]*$/)),
});
export type GoldenRecipe = z.infer<typeof goldenRecipeSchema>;

/** Of an image whose description names none. */
export const pythonRecipe: GoldenRecipe = {
  kernelspec: 'python3',
  imports: ['numpy', 'pandas', 'json', 'ssl', 'sqlite3', 'concurrent.futures', 'IPython.core.completer'],
};

export interface GoldenOrder {
  /** Must not exist; appears whole. */
  directory: string;
  limits: SandboxLimits;
  recipe: GoldenRecipe;
  random: Random;
}

/** IPython's files of the time before it is somebody's; the user's own are opened with the claim. */
const nobodysIpython = '/tmp/cellbook-ipython';

/** Throws `not_implemented` where the driver keeps no memory, and whatever a start or a checkpoint throws. */
export async function makeGoldenImage(
  driver: SandboxDriver,
  { directory, limits, recipe, random }: GoldenOrder,
  signal: AbortSignal,
): Promise<SnapshotImage> {
  const { snapshots, pool } = driver;
  if (!snapshots || !pool)
    throw new CellbookError('not_implemented', {
      doing: 'making a golden image',
      problem: 'this driver keeps no memory',
    });
  const sandboxId = newSandboxId(random);
  const { link } = await pool.startMember({ sandboxId, limits, environment: {} }, signal);
  try {
    const kernelId = newKernelId(random);
    const environment = { IPYTHONDIR: nobodysIpython };
    await link.startKernel({ kernelId, kernelspec: recipe.kernelspec, directory: '', environment });
    await link.setAside(kernelId, preparation(recipe));
    await link.quiesce();
    return await snapshots.checkpoint(sandboxId, directory, signal);
  } catch (error) {
    await driver.destroy(sandboxId);
    throw error;
  }
}

/** Leaves no name behind in the kernel's namespace. */
function preparation({ imports }: GoldenRecipe): string {
  const code = [
    'import importlib',
    `for name in ${JSON.stringify(imports)}:`,
    '    try: importlib.import_module(name)',
    '    except ImportError: pass',
  ].join('\n');
  return `exec(${JSON.stringify(code)}, {})`;
}
