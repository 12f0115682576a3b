/** The renderer that uses PyTorch, on the processor: run where PyTorch is, with the Python that has it. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { until } from './testing/until.ts';

const program = fileURLToPath(new URL('../examples/video-renderer-torch/render.py', import.meta.url));
const cache =
  process.env.CELLBOOK_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cellbook');
const installed = join(cache, 'torch');
const pythons = [
  ...(existsSync(installed) ? readdirSync(installed) : []).map((version) =>
    join(installed, version, 'venv/bin/python'),
  ),
  'python3',
];
const python = pythons.find((each) => spawnSync(each, ['-c', 'import torch']).status === 0);

vi.setConfig({ testTimeout: 300_000 });
const parameters = {
  durationSeconds: 1,
  fps: 12,
  width: 64,
  height: 64,
  steps: 4,
  seed: 7,
  segmentFrames: 3,
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cellbook-torch-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs it in the test's directory; `said` grows while it runs. */
function render(job: unknown, device = 'cpu') {
  writeFileSync(join(directory, 'job.json'), JSON.stringify(job));
  const env = {
    ...process.env,
    ...{ CELLBOOK_JOB_FILE: join(directory, 'job.json'), CELLBOOK_OUTPUT_DIR: directory },
    CELLBOOK_CHECKPOINT: join(directory, 'checkpoint'),
  };
  const child = spawn(python ?? '', [program, '--device', device], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const run = {
    child,
    said: '',
    code: new Promise<number | null>((resolve) => child.once('close', resolve)),
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    run.said += text;
  });
  return run;
}
const frames = () =>
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-i',
    join(directory, 'output.mp4'),
    '-f',
    'framemd5',
    '-',
  ]).toString();

describe('the renderer that uses PyTorch', () => {
  it.skipIf(!python)(
    'goes on from a checkpoint to the very same frames, and keeps the contract’s exit codes',
    async () => {
      const whole = render({ prompt: 'a fox in the snow', parameters });
      expect(await whole.code).toBe(0);
      expect(whole.said).toContain('cellbook-progress: 1.0000 frame 12/12');
      const expected = frames();
      expect(expected.match(/^0,/gm)).toHaveLength(12);

      const slow = { prompt: 'a fox in the snow', parameters: { ...parameters, frameMs: 150 } };
      const first = render(slow);
      await until('four frames', () => first.said.includes('frame 4/12'));
      first.child.kill('SIGUSR2');
      await until('a checkpoint', () => first.said.includes('saved'));
      first.child.kill('SIGTERM');
      expect(await first.code).toBe(75);
      const second = render({ ...slow, parameters });
      expect(await second.code).toBe(0);
      expect(second.said).toMatch(/going on from frame [1-9]/);
      expect(frames()).toBe(expected);

      const refused = render({ prompt: 'a fox', parameters: { ...parameters, width: 63 } });
      expect(await refused.code).toBe(65);
      expect(refused.said).toContain('width and height');
    },
  );
});
