/**
 * Kernelspecs of a workspace that has never run: those of the image, which every new workspace has. Without
 * this the first look at a launcher would start a sandbox only to read them.
 */
import type { KernelStore, KernelspecCatalog } from './gateway/store/kernel-store.ts';
import type { SandboxImage } from './sandbox/image.ts';

export function withImageKernelspecs(store: KernelStore, image: SandboxImage): KernelStore {
  let read: Promise<KernelspecCatalog> | null = null;
  return {
    ...store,
    async getKernelspecs(workspaceId) {
      const seen = await store.getKernelspecs(workspaceId);
      if (seen) return seen;
      read ??= readCatalog(image).catch((error: unknown) => {
        read = null;
        throw error;
      });
      return read;
    },
  };
}

async function readCatalog(image: SandboxImage): Promise<KernelspecCatalog> {
  const resources: Record<string, string> = {};
  for (const [name, entry] of Object.entries(image.kernelspecs)) {
    for (const file of entry.resources) {
      resources[`${name}/${file}`] = (await image.readKernelspecResource(name, file)).toString('base64');
    }
  }
  return { kernelspecs: image.kernelspecs, resources };
}
