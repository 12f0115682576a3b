/**
 * Time and chance are arguments, so that the simulator can give them. Only shells touch the real ones: the
 * two files that wrap them, the entry points, tests and benchmarks, and code that runs where ours cannot be
 * handed in (a browser, the bootstrap on the host's Node).
 */
import { type Breach, eachLine, isSource, isTest, type SourceFile } from './source.ts';

const shells = [
  /^shared\/src\/(clock|random)\.ts$/,
  /(^|\/)main\.ts$/,
  /^loadtest\//,
  /^ops\/(test|e2e|tidy)\//,
  // What tests stand on.
  /(^|\/)testing\//,
  /^ops\/up\/bootstrap(\.mjs$|\/)/,
  // Its timer must not keep a program running, which a Clock's does.
  /^ops\/up\/stop-requested\.ts$/,
  // The end of a turn of the event loop is no time: no clock has it to give.
  /^cells\/src\/db\/turns\.ts$/,
  /^regional-scheduler\/src\/lead\/next-turn\.ts$/,
  /^edge\/(web|lab)\//,
  // Programs that the agent runs without knowing them.
  /^gpu-agent\/examples\//,
  /\.py$/,
  /\.config\.(ts|mts|mjs|js)$/,
];

const raw: [RegExp, string][] = [
  [/\bDate\.now\(/, 'Date.now'],
  [/\bnew Date\(\)/, 'new Date()'],
  [/\bperformance\.now\(/, 'performance.now'],
  [/\bMath\.random\(/, 'Math.random'],
  [/(?<![\w.#])(?:globalThis\.)?set(?:Timeout|Interval|Immediate)\(/, 'a raw timer'],
  [/\brandomUUID\(|\bgetRandomValues\(|\brandomBytes\(/, 'raw randomness'],
  [/from 'node:timers/, 'node:timers'],
];

export function rawTimeAndChance(file: SourceFile): Breach[] {
  if (!isSource(file.path) || isTest(file.path) || shells.some((shell) => shell.test(file.path))) return [];
  return eachLine(file, (line) => {
    if (/^\s*(\/\/|\*|\/\*)/.test(line)) return null;
    const found = raw.find(([pattern]) => pattern.test(line));
    return found ? `uses ${found[1]}: take a Clock or a Random as an argument` : null;
  });
}
