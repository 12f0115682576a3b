/** What goes wrong on purpose, so that every failure the platform handles can be caused. */
import { writeFileSync } from 'node:fs';
import type { Fault } from './request.ts';

const pieceBytes = 16 * 2 ** 20;
/** Where nothing limits it, it gives up by itself. */
const piecesMax = 256;

/** Comes back where the fault lets rendering go on. */
export async function goWrong({ kind }: Fault, outputPath: string): Promise<void> {
  switch (kind) {
    case 'silent':
    case 'deaf':
      return;
    case 'crash':
      throw new Error('it crashed on purpose');
    case 'hang':
      return new Promise(() => setInterval(() => undefined, 60_000));
    case 'stuck':
      return new Promise(() => setInterval(() => console.log('still thinking about it'), 200));
    case 'rubbish':
      writeFileSync(outputPath, 'this is no video at all\n'.repeat(100));
      process.exit(0);
      break;
    case 'oom': {
      const kept: Buffer[] = [];
      while (kept.length < piecesMax) {
        kept.push(Buffer.alloc(pieceBytes, 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`nothing stopped it from taking ${kept.length * 16} MiB`);
    }
  }
}
