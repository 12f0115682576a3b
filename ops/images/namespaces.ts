/**
 * For programs that mount into a tree while they work on it (mmdebstrap does: /proc, /sys, /dev). Killed, one
 * would leave its mounts there, and nothing could clear the tree any more: in namespaces of its own, its
 * mounts and all its children end with it.
 */
export function inNamespacesOfItsOwn(argv: string[]): string[] {
  const ownMounts = ['--mount', '--propagation', 'private'];
  const ownProcesses = ['--pid', '--fork', '--kill-child', '--mount-proc'];
  return ['unshare', ...ownMounts, ...ownProcesses, ...argv];
}
