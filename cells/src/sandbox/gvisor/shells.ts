/** `runsc create` ahead of the image, and `runsc restore` into what that made: half of what a restore takes is over by then. */
import { join } from 'node:path';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { nobody, type SandboxSpec } from '../driver.ts';
import type { IsolationShells, SandboxCommand, ShellOf, SnapshotPlace } from '../host/isolation.ts';
import { type GvisorMemoryDeps, restoreCommand } from './memory.ts';

export class GvisorShells implements IsolationShells {
  readonly #deps: GvisorMemoryDeps;

  constructor(deps: GvisorMemoryDeps) {
    this.#deps = deps;
  }

  async prepare(
    sandboxId: SandboxId,
    directory: string,
    { shape, supervisor }: ShellOf,
  ): Promise<SandboxCommand> {
    const { prepare, guarded, runsc } = this.#deps;
    const { memoryBytesMax, pidsMax } = shape;
    const cpuMillisMax = limits.sandbox.shellCpuMillis;
    const spec: SandboxSpec = {
      ...{ sandboxId, workspaceId: nobody, epoch: 0, homeDirectory: '', environment: {} },
      limits: { memoryBytesMax, pidsMax, cpuMillisMax, diskBytesMax: 0 },
    };
    const how = { shape, supervisorDirectory: supervisor.directory, command: ['create'] };
    const { argv, environment } = await prepare(spec, directory, how);
    const { processes, mount } = guarded(sandboxId);
    const restore = runsc.argv(join(directory, 'runsc'), 'restore', `--bundle=${directory}`);
    const lists = processes.map((path) => `'${path}'`).join(' ');
    const script = thenRestore(lists, mount, restore.map((word) => `'${word}'`).join(' '), sandboxId);
    return { argv: ['/bin/sh', '-c', script, 'sh', ...argv], environment };
  }

  async enter(spec: SandboxSpec, directory: string, image: SnapshotPlace): Promise<string> {
    const { attach, runsc } = this.#deps;
    await attach(spec, directory);
    const [, ...flags] = await restoreCommand(runsc, image);
    return flags.join(' ');
  }
}

/**
 * One process from the making to the end of the sandbox, whose input and output are this one's: first it waits for
 * `runsc create`, then for a line with the flags of `runsc restore`, which it becomes. Without one it ends them all, those too that came while it did.
 * It says that it is ready from a shell below it: where nobody is left to hear it, that one is ended by the broken pipe.
 */
const thenRestore = (lists: string, mount: string, restore: string, sandboxId: string): string => `
"$@" 3>&- || exit 1
for procs in ${lists}; do echo $$ > "$procs"; done
(echo ready >&3) 2>/dev/null
if read -r flags <&3; then exec ${restore} $flags ${sandboxId} 3>&-; fi
umount -l '${mount}'
for procs in ${lists}; do
  for again in 1 2 3 4 5 6 7 8 9 10; do
    left=
    while read -r pid; do [ "$pid" = $$ ] || { kill -9 "$pid"; left=1; }; done < "$procs"
    [ "$left" ] || break
    sleep 0.1
  done
done`;
