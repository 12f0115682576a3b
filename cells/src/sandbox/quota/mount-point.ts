/** What is mounted on this host, as this process sees it. */
import { readFile } from 'node:fs/promises';

export async function isMountPoint(directory: string): Promise<boolean> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  const escaped = directory.replace(/[ \t\n\\]/g, (char) => `\\0${char.charCodeAt(0).toString(8)}`);
  return text.split('\n').some((line) => line.split(' ')[4] === escaped);
}
