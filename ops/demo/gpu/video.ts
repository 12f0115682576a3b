/** Whether a file is a video that plays: ffprobe reads it, and ffmpeg decodes every frame of it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const probedSchema = z.object({
  streams: z
    .array(
      z.object({ codec_name: z.string(), width: z.int(), height: z.int(), nb_frames: z.coerce.number() }),
    )
    .length(1),
  format: z.object({ duration: z.coerce.number() }),
});

export interface PlayableVideo {
  codec: string;
  width: number;
  height: number;
  frames: number;
  seconds: number;
  /** Of each decoded frame: equal for equal pictures. */
  digest: string;
}

export async function playable(path: string): Promise<PlayableVideo> {
  const entries = 'stream=codec_name,width,height,nb_frames:format=duration';
  const probe = await run('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', path]);
  const { streams, format } = probedSchema.parse(JSON.parse(probe.stdout));
  const decode = await run('ffmpeg', ['-v', 'error', '-i', path, '-f', 'hash', '-hash', 'md5', '-']);
  const [stream] = streams;
  if (!stream || decode.stderr !== '') throw new Error(`${path} does not play: ${decode.stderr}`);
  const { codec_name: codec, width, height, nb_frames: frames } = stream;
  return { codec, width, height, frames, seconds: format.duration, digest: decode.stdout.trim() };
}
