/** The desktop's own way to open an address; where there is none, the address has been printed. */
import { spawn } from 'node:child_process';

export function browse(url: string): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  spawn(opener, [url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}
