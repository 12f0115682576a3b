/** A `nvidia-smi` that says what a test wants, in the real one's words: a script on the disk. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ScriptedSmi {
  command: string;
  directory: string;
  /** To `--query-gpu`, `-L` and `-q -x`. */
  says(csv: string, list?: string, xml?: string): void;
  fails(text: string, code: number): void;
  hangs(): void;
}

export function scriptedSmi(): ScriptedSmi {
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-smi-'));
  const command = join(directory, 'nvidia-smi');
  const write = (body: string) => {
    writeFileSync(command, `#!/bin/sh\n${body}\n`);
    chmodSync(command, 0o755);
  };
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  return {
    command,
    directory,
    says(csv, list = '', xml = '') {
      const [queried, listed, whole] = [file('query', csv), file('list', list), file('whole', xml)];
      write(`case "$1" in -L) cat '${listed}';; -q) cat '${whole}';; *) cat '${queried}';; esac`);
    },
    fails: (text, code) => write(`cat '${file('failure', text)}'; exit ${code}`),
    hangs: () => write('exec sleep 600'),
  };
}

/** Two H200 as the tool of driver 570 prints them, in the order of `queriedFields`. */
export const h200Pair = [
  '0, GPU-1c8e36b5-8a3c-5b0e-9a63-3a5f0b7f2a11, NVIDIA H200, 143771, 0, 00000000:19:00.0, Disabled, 0, [N/A], No, No',
  '1, GPU-7bd1a4de-60f5-2c1e-bb05-0a0f9e5d9c22, NVIDIA H200, 143771, 1, 00000000:3B:00.0, Disabled, 0, [N/A], No, No',
  '',
].join('\n');

/** The second of them cut up, as drivers from 550 on print it. */
export const h200Cut = {
  csv: h200Pair.replace('3B:00.0, Disabled', '3B:00.0, Enabled'),
  list: `GPU 0: NVIDIA H200 (UUID: GPU-1c8e36b5-8a3c-5b0e-9a63-3a5f0b7f2a11)
GPU 1: NVIDIA H200 (UUID: GPU-7bd1a4de-60f5-2c1e-bb05-0a0f9e5d9c22)
  MIG 3g.71gb     Device  0: (UUID: MIG-5f0c1d6e-0c5a-5b5c-9d0f-7a3f9d1e2b01)
  MIG 1g.18gb+me  Device  1: (UUID: MIG-9a1b7c2d-3e4f-5a6b-8c7d-1e2f3a4b5c02)
  MIG 1g.18gb     Device  2: (UUID: MIG-0d9e8f7a-6b5c-5d4e-a3f2-b1c0d9e8f703)
`,
  xml: `<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
\t<attached_gpus>2</attached_gpus>
\t<gpu id="00000000:19:00.0">
\t\t<fb_memory_usage>
\t\t\t<total>143771 MiB</total>
\t\t</fb_memory_usage>
\t\t<mig_devices>
\t\t\tNone
\t\t</mig_devices>
\t</gpu>
\t<gpu id="00000000:3B:00.0">
\t\t<mig_devices>
${[71_424, 16_384]
  .map(
    (mib, index) => `\t\t\t<mig_device>
\t\t\t\t<index>${index}</index>
\t\t\t\t<gpu_instance_id>${index + 1}</gpu_instance_id>
\t\t\t\t<compute_instance_id>0</compute_instance_id>
\t\t\t\t<device_attributes>
\t\t\t\t\t<shared>
\t\t\t\t\t\t<multiprocessor_count>60</multiprocessor_count>
\t\t\t\t\t</shared>
\t\t\t\t</device_attributes>
\t\t\t\t<fb_memory_usage>
\t\t\t\t\t<total>${mib} MiB</total>
\t\t\t\t\t<reserved>0 MiB</reserved>
\t\t\t\t\t<used>1 MiB</used>
\t\t\t\t</fb_memory_usage>
\t\t\t</mig_device>`,
  )
  .join('\n')}
\t\t</mig_devices>
\t\t<fb_memory_usage>
\t\t\t<total>143771 MiB</total>
\t\t</fb_memory_usage>
\t</gpu>
</nvidia_smi_log>
`,
};
