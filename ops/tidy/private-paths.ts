/** Nothing that is committed names the machine it was written on. */
import { type Breach, eachLine, type SourceFile } from './source.ts';

/** Put together from parts, so that this file does not name them either. */
const machines = ['work', 'root', 'home/[a-z]+', 'Users/[a-z]+'].map((place) => `/${place}/`);
const pattern = new RegExp(`(^|[\\s'"\`(=:])(${machines.join('|')})[\\w.]`);

/** `/home/user` is where a workspace's files are inside every sandbox. */
const insideSandbox = /\/home\/user\//g;

export function privatePaths(file: SourceFile): Breach[] {
  return eachLine(file, (line) => {
    const found = pattern.exec(line.replaceAll(insideSandbox, '/'));
    return found ? `names ${found[2]}…, a path of somebody’s own machine` : null;
  });
}
