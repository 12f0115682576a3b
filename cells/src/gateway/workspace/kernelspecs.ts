/**
 * The kernelspecs of one workspace. While it runs they are read from the sandbox (a user may install one);
 * what was seen is recorded, so that while it sleeps lists and logos are answered without waking it. Only a
 * workspace that never ran is woken for them.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { SingleFlight } from '@cellbook/shared/single-flight.ts';
import type { LiveSandbox } from '../kernels/kernel-host.ts';
import { noSuchKernelspec } from '../refusals.ts';
import type { KernelspecCatalog } from '../store/kernel-store.ts';

export interface KernelspecDeps {
  clock: Clock;
  live(): LiveSandbox | null;
  ensureLive(): Promise<LiveSandbox>;
  load(): Promise<KernelspecCatalog | null>;
  save(catalog: KernelspecCatalog): Promise<void>;
}

/** A tab asks every minute; ten tabs at once cost the sandbox one answer. */
const freshMs = 5_000;

export class Kernelspecs {
  readonly #deps: KernelspecDeps;
  readonly #flights = new SingleFlight<'read', KernelspecCatalog>();
  #known: { catalog: KernelspecCatalog; live: LiveSandbox | null; readMs: number } | null = null;

  constructor(deps: KernelspecDeps) {
    this.#deps = deps;
  }

  async catalog(): Promise<KernelspecCatalog> {
    const live = this.#deps.live();
    if (this.#isFresh(live)) return this.#known!.catalog;
    if (live) return this.#read(live);
    const stored = this.#known?.catalog ?? (await this.#deps.load());
    if (!stored) return this.#read(await this.#deps.ensureLive());
    this.#known = { catalog: stored, live: null, readMs: this.#deps.clock.monotonicMs() };
    return stored;
  }

  async defaultName(): Promise<string> {
    const { kernelspecs } = await this.catalog();
    return 'python3' in kernelspecs ? 'python3' : (Object.keys(kernelspecs)[0] ?? 'python3');
  }

  /** The kernelspec meant by a name: absent is the default, `python` any Python, as in jupyter_client. */
  async resolve(name: string | null | undefined): Promise<string> {
    if (!name) return this.defaultName();
    const { kernelspecs } = await this.catalog();
    if (Object.hasOwn(kernelspecs, name)) return name;
    if (/^python[23]?(\.\d+)?$/.test(name) && 'python3' in kernelspecs) return 'python3';
    throw noSuchKernelspec(name, Object.keys(kernelspecs));
  }

  /** The bytes of a logo or script, or null. */
  async resource(name: string, file: string): Promise<Buffer | null> {
    const encoded = (await this.catalog()).resources[`${name}/${file}`];
    return encoded === undefined ? null : Buffer.from(encoded, 'base64');
  }

  #isFresh(live: LiveSandbox | null): boolean {
    if (!this.#known) return false;
    if (!live) return true;
    return this.#known.live === live && this.#deps.clock.monotonicMs() - this.#known.readMs < freshMs;
  }

  #read(live: LiveSandbox): Promise<KernelspecCatalog> {
    return this.#flights.run('read', async () => {
      const kernelspecs = await live.link.listKernelspecs();
      const before = this.#known?.catalog ?? (await this.#deps.load());
      const isSame = before !== null && JSON.stringify(before.kernelspecs) === JSON.stringify(kernelspecs);
      const catalog = isSame ? before : { kernelspecs, resources: await readResources(live, kernelspecs) };
      if (!isSame) await this.#deps.save(catalog);
      this.#known = { catalog, live, readMs: this.#deps.clock.monotonicMs() };
      return catalog;
    });
  }
}

async function readResources(
  { link }: LiveSandbox,
  kernelspecs: KernelspecCatalog['kernelspecs'],
): Promise<Record<string, string>> {
  const resources: Record<string, string> = {};
  for (const { name, resources: files } of Object.values(kernelspecs)) {
    for (const file of files) {
      const bytes = await link.readKernelspecResource(name, file);
      if (bytes.length <= limits.gateway.kernelspecResourceBytesMax)
        resources[`${name}/${file}`] = bytes.toString('base64');
    }
  }
  return resources;
}
