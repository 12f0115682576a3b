/**
 * What the kernel of a workspace does between a suspend and the next, and what must be there afterwards: files in
 * folders (written, renamed, removed), packages, and variables of several kinds (a number, names, bytes, a
 * generator in the middle of its work, an open file).
 */
import type { Random } from '@cellbook/shared/random.ts';
import { z } from 'zod';

export interface Known {
  /** Every file of the home that is not hidden, with what it holds. */
  files: Map<string, string>;
  count: number;
  facts: Map<string, string>;
  /** Packages that were installed, and a digest of all that they brought. */
  installed: number;
  packages: string;
}

export const nothingKnown = (): Known => ({
  ...{ files: new Map(), count: 0, facts: new Map(), installed: 0, packages: '' },
});

const shownSchema = z.object({
  files: z.record(z.string(), z.string()),
  count: z.int(),
  /** What the generator said last. */
  tick: z.int(),
  facts: z.record(z.string(), z.string()),
  /** The bytes are as long as the count, and all of its last digit. */
  bytesAreRight: z.boolean(),
  installed: z.array(z.string()),
  packages: z.string(),
});

/** In a kernel that has just started; the files are there already. */
export function begin(known: Known): string {
  known.count = 0;
  known.facts.clear();
  known.files.set(openFile, known.files.get(openFile) ?? '');
  return [
    'import itertools, json, os',
    'count, tick, facts, some = 0, 0, {}, bytearray()',
    'ticks = itertools.count(1)',
    `kept = open("${openFile}", "a")`,
  ].join('\n');
}

const openFile = 'kept-open.txt';

export function work(known: Known, random: Random): string {
  known.count++;
  known.files.set(openFile, `${known.files.get(openFile)}more`);
  const [name, fact] = [`fact${random.int(5)}`, random.uuid()];
  known.facts.set(name, fact);
  const gone = `fact${random.int(5)}`;
  known.facts.delete(gone);
  return [
    'count += 1; tick = next(ticks)',
    'some[:] = bytes([count % 10]) * count',
    `facts["${name}"] = "${fact}"; facts.pop("${gone}", None)`,
    'kept.write("more"); kept.flush()',
    ...Array.from({ length: 3 }, () => changeFiles(known, random)),
  ].join('\n');
}

/** One file more, under another name, or none. */
function changeFiles({ files }: Known, random: Random): string {
  const others = [...files.keys()].filter((name) => name !== openFile);
  const old = others[random.int(Math.max(1, others.length))];
  const folder = `d${random.int(2)}`;
  const name = `${folder}/f${random.int(4)}.txt`;
  const kind = old === undefined ? 0 : random.int(3);
  const makeFolder = `os.makedirs("${folder}", exist_ok=True)`;
  if (kind === 0 || old === undefined) {
    const content = random.uuid();
    files.set(name, content);
    return `${makeFolder}\n${writing(name, content)}`;
  }
  const content = files.get(old) ?? '';
  files.delete(old);
  if (kind === 2) return `os.remove("${old}")`;
  files.set(name, content);
  return `${makeFolder}\nos.replace("${old}", "${name}")`;
}

/** One file that has changed just now, so that there is something to be stored. */
export function writeLast({ files }: Known, random: Random): string {
  const content = random.uuid();
  files.set('last.txt', content);
  return writing('last.txt', content);
}

const writing = (name: string, content: string): string =>
  `with open("${name}", "w") as file: file.write("${content}")`;

/** A package of its own, from a wheel that is made on the spot. */
export function install(known: Known): string {
  const name = packageName(++known.installed);
  return [
    'import subprocess, sys, zipfile',
    `wheel = "/tmp/${name}-1.0-py3-none-any.whl"`,
    'with zipfile.ZipFile(wheel, "w") as made:',
    `  for n in range(50): made.writestr(f"${name}/part{n}.py", f"value = {n}\\n")`,
    `  made.writestr("${name}-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: ${name}\\nVersion: 1.0\\n")`,
    `  made.writestr("${name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: us\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")`,
    `  made.writestr("${name}-1.0.dist-info/RECORD", "")`,
    'subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--user", "--no-index", "--no-deps", wheel], check=True, capture_output=True)',
  ].join('\n');
}

const packageName = (n: number): string => `made${n}`;

/** Where a kernel that has lost its variables runs it, it says so in words. */
export const show = [
  'import hashlib, json, os, site',
  'digest, installed = hashlib.sha256(), []',
  'for folder, folders, names in os.walk(os.path.join(site.getuserbase(), "lib")):',
  '  folders[:] = sorted(name for name in folders if name != "__pycache__")',
  '  installed += [name for name in folders if name.startswith("made") and "." not in name]',
  '  for name in sorted(names):',
  '    path = os.path.join(folder, name)',
  '    digest.update(json.dumps([path, os.stat(path).st_mode, open(path, "rb").read().hex()]).encode())',
  'found = {}',
  'for folder, folders, names in os.walk("."):',
  '  folders[:] = [name for name in folders if not name.startswith(".")]',
  '  found.update({os.path.relpath(os.path.join(folder, n)): open(os.path.join(folder, n)).read() for n in names if n.endswith(".txt")})',
  'print("nothing is known" if "kept" not in globals() else json.dumps({',
  '  "files": found, "count": count, "tick": tick, "facts": facts,',
  '  "bytesAreRight": some == bytes([count % 10]) * count,',
  '  "installed": sorted(installed), "packages": digest.hexdigest()}))',
].join('\n');

export const packagesOf = (shown: string): string => shownSchema.parse(JSON.parse(shown)).packages;

/** What is not as it was, in words. */
export function differences(known: Known, shown: string): string[] {
  const now = shownSchema.parse(JSON.parse(shown));
  const installed = Array.from({ length: known.installed }, (_, index) => packageName(index + 1)).sort();
  return [
    ...unless(sorted(known.files) === sorted(new Map(Object.entries(now.files))), () => {
      return `files are ${JSON.stringify(now.files)} and should be ${sorted(known.files)}`;
    }),
    ...unless(sorted(known.facts) === sorted(new Map(Object.entries(now.facts))), () => {
      return `names are ${JSON.stringify(now.facts)} and should be ${sorted(known.facts)}`;
    }),
    ...unless(JSON.stringify(now.installed) === JSON.stringify(installed), () => {
      return `installed is ${now.installed} and should be ${installed}`;
    }),
    ...unless(now.packages === known.packages, () => 'what was installed is not what it was'),
    ...unless(now.count === known.count && now.tick === known.count && now.bytesAreRight, () => {
      return `it has counted to ${now.count}, its generator to ${now.tick}, and not to ${known.count}`;
    }),
  ];
}

const sorted = (of: ReadonlyMap<string, string>): string => JSON.stringify([...of].sort());
const unless = (isSo: boolean, say: () => string): string[] => (isSo ? [] : [say()]);
