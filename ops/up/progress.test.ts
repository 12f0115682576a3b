import { ManualClock } from '@cellbook/shared/clock.ts';
import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.ts';

function screen(isTTY: boolean) {
  const clock = new ManualClock();
  const written: string[] = [];
  const output = { isTTY, columns: 60, write: (text: string) => written.push(text) };
  return { clock, written, progress: createProgress({ clock, output }) };
}

describe('the progress display', () => {
  it('writes plain lines where there is no terminal: start, what it does, end with the time', async () => {
    const { clock, written, progress } = screen(false);
    const step = progress.step('image', async (note) => {
      note('unpacking');
      note('unpacking');
      await clock.advance(2_500);
    });
    await step;
    expect(written).toEqual(['… image\n', '  image: unpacking\n', '✓ image (2.5 s)\n']);
  });

  it('keeps one live line with every step under way on a terminal, never wider than it', async () => {
    const { clock, written, progress } = screen(true);
    let finish = () => {};
    const steps = ['the image of the sandboxes', 'the JupyterLab bundle'].map((title) =>
      progress.step(title, (note) => {
        note('something rather long to say');
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      }),
    );
    await clock.advance(1_000);
    const drawn = written.at(-1) ?? '';
    expect(drawn).toContain('the image of the sandboxes');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequence that clears the line
    expect(drawn.replace(/\r\u001b\[2K/, '').length).toBeLessThanOrEqual(60);
    expect(written.join('')).not.toContain('\n');
    finish();
    await steps[1];
    expect(written.join('')).toContain('✓ the JupyterLab bundle (1.0 s)\n');
  });

  it('marks a step that failed and passes its error on', async () => {
    const { written, progress } = screen(false);
    await expect(progress.step('edge', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(written.at(-1)).toBe('✗ edge (0.0 s)\n');
  });
});
