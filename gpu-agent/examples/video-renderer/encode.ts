/**
 * ffmpeg does what is video about it. Each segment is encoded for itself, as a stream that begins with all that a decoder
 * needs: segments one after the other are a stream too, so that what an interrupted run had done is the very bytes of an
 * uninterrupted one. One thread, and nothing written that names a version or an hour: the same frames, the same bytes.
 */
import { spawn } from 'node:child_process';
import type { RenderParameters } from './request.ts';

const quiet = ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'];

/** H.264 in Annex B of these frames. */
export function encodeSegment(frames: readonly Buffer[], parameters: RenderParameters): Promise<Buffer> {
  const { width, height, fps } = parameters;
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', String(fps)];
  const h264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-threads', '1', '-bf', '0', '-pix_fmt', 'yuv420p'];
  const args = [...quiet, ...raw, '-i', 'pipe:0', ...h264, '-flags', '+bitexact', '-f', 'h264', 'pipe:1'];
  return ffmpeg(args, frames);
}

/** The stream as an MP4 at `path`. */
export async function writeMp4(stream: Buffer, path: string, { fps }: RenderParameters): Promise<void> {
  const input = ['-f', 'h264', '-framerate', String(fps), '-i', 'pipe:0'];
  const output = ['-c', 'copy', '-map_metadata', '-1', '-fflags', '+bitexact', '-movflags', '+faststart'];
  await ffmpeg([...quiet, ...input, ...output, '-f', 'mp4', path], [stream]);
}

function ffmpeg(args: string[], input: readonly Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('ffmpeg', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const parts: Buffer[] = [];
    child.once('error', reject);
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    // It may end before it has read all; its exit code tells what was the matter.
    child.stdin.on('error', () => undefined);
    child.once('close', (code) =>
      code === 0 ? resolve(Buffer.concat(parts)) : reject(new Error(`ffmpeg ended with ${code}`)),
    );
    for (const part of input) child.stdin.write(part);
    child.stdin.end();
  });
}
