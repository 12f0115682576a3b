/**
 * Renders a video from a prompt, as a program of others that the GPU agent runs without knowing it
 * (gpu-agent/README.md has the contract): reads its job file, goes on from a checkpoint where there is one, draws
 * segment after segment, writes an MP4. On SIGUSR2 it saves and goes on; on SIGTERM it saves and ends with code 75.
 *
 *     CELLBOOK_JOB_FILE=job.json CELLBOOK_OUTPUT_DIR=. [CELLBOOK_CHECKPOINT=state] node main.ts
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Done, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { encodeSegment, writeMp4 } from './encode.ts';
import { goWrong } from './faults.ts';
import { Picture } from './picture.ts';
import { framesOf, pictureDigest, renderRequestSchema } from './request.ts';

const savedCode = 75;
const refusedCode = 65;
const { CELLBOOK_JOB_FILE = 'job.json', CELLBOOK_OUTPUT_DIR = '.', CELLBOOK_CHECKPOINT } = process.env;
const parsed = renderRequestSchema.safeParse(JSON.parse(readFileSync(CELLBOOK_JOB_FILE, 'utf8')));
if (!parsed.success) {
  console.log(`this cannot be rendered:\n${z.prettifyError(parsed.error)}`);
  process.exit(refusedCode);
}
const request = parsed.data;
const { parameters } = request;
const { fault } = parameters;
const digest = pictureDigest(request);
const frames = framesOf(parameters);
const outputPath = join(CELLBOOK_OUTPUT_DIR, 'output.mp4');
const say = (text: string) => {
  if (fault?.kind !== 'silent') console.log(text);
};

let asked: 'nothing' | 'save' | 'end' = 'nothing';
process.on('SIGUSR2', () => {
  if (asked === 'nothing') asked = 'save';
});
process.on('SIGTERM', () => {
  if (fault?.kind !== 'deaf') asked = 'end';
});

const found = CELLBOOK_CHECKPOINT === undefined ? null : readCheckpoint(CELLBOOK_CHECKPOINT, digest);
let done: Done = found ?? { framesDone: 0, stream: Buffer.alloc(0) };
if (found) say(`going on from frame ${found.framesDone}`);

function saveIfAsked(): void {
  if (asked === 'nothing') return;
  if (CELLBOOK_CHECKPOINT !== undefined) writeCheckpoint(CELLBOOK_CHECKPOINT, digest, done);
  say(`saved ${done.framesDone} of ${frames} frames`);
  if (asked === 'end') process.exit(savedCode);
  asked = 'nothing';
}

/** One frame, not sooner than its pace; null when it is to end before. */
async function draw(index: number): Promise<Buffer> {
  const startedMs = performance.now();
  if (fault && index >= fault.atFrame) await goWrong(fault, outputPath);
  const frame = picture.frame(index);
  do {
    const restMs = Math.max(0, parameters.frameMs - (performance.now() - startedMs));
    await new Promise((resolve) => setTimeout(resolve, Math.min(restMs, 50)));
    if (asked === 'end') saveIfAsked();
  } while (performance.now() - startedMs < parameters.frameMs);
  return frame;
}

const picture = new Picture(request);
while (done.framesDone < frames) {
  const until = Math.min(frames, done.framesDone + parameters.segmentFrames);
  const segment: Buffer[] = [];
  for (let index = done.framesDone; index < until; index++) {
    segment.push(await draw(index));
    say(`cellbook-progress: ${((index + 1) / frames).toFixed(4)} frame ${index + 1}/${frames}`);
  }
  const stream = Buffer.concat([done.stream, await encodeSegment(segment, parameters)]);
  done = { framesDone: until, stream };
  saveIfAsked();
}
await writeMp4(done.stream, outputPath, parameters);
say(`wrote ${outputPath}`);
