/** What the documents promise is there: commands, tests, a reason for every dependency. */
import { posix } from 'node:path';
import { z } from 'zod';
import type { Breach, SourceFile } from './source.ts';

const manifestSchema = z.object({
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

/** Every `npm start`, `npm test`, `npm stop` and `npm run <name>` a document names is a script. */
export function namedCommands(document: SourceFile, packageJson: string): Breach[] {
  const { scripts } = manifestSchema.parse(JSON.parse(packageJson));
  const named = [...document.text.matchAll(/\bnpm (?:run (?:-s )?([\w:-]+)|(start|test|stop)\b)/g)];
  return [...new Set(named.map(([, run, plain]) => run ?? plain ?? ''))]
    .filter((name) => !(name in scripts))
    .map((name) => ({ path: document.path, problem: `names the command ${name}, which package.json lacks` }));
}

/**
 * Every `cellbook …` of a shell block in a document is a command of the command line. `known`: each as its words,
 * such as `ws create`.
 */
export function namedCellbook(document: SourceFile, known: ReadonlySet<string>): Breach[] {
  const blocks = [...document.text.matchAll(/^```sh[^\n]*\n(.*?)^```/gms)].map(([, block]) => block ?? '');
  const named = blocks.flatMap((block) => [
    ...block.matchAll(/(?:^|[|;(]\s*|-s )cellbook (?:-- )?([a-z]+)(?: ([a-z]+))?/gm),
  ]);
  return named
    .filter(([, first = '', second = '']) => !known.has(first) && !known.has(`${first} ${second}`))
    .map(([text]) => ({ path: document.path, problem: `names “${text.trim()}”, which is no command` }));
}

/**
 * Every test a document names exists. A test is named in backticks by its file, and by its own name after
 * a `›` where one is meant: `cells/src/lifecycle/plan.test.ts › resumes what is wanted running`.
 */
export function namedTests(document: SourceFile, files: SourceFile[]): Breach[] {
  const byPath = new Map(files.map((file) => [file.path, file.text]));
  const named = [
    ...document.text.matchAll(
      /`([\w./-]+(?:\.(?:test|conformance)\.ts|test_\w+\.py|bench[\w/-]*\.ts))(?: › ([^`]+))?`/g,
    ),
  ];
  return named.flatMap(([, path = '', name]) => {
    const text = byPath.get(path);
    if (text === undefined) return [{ path: document.path, problem: `names ${path}, which does not exist` }];
    if (name === undefined || normalised(text).includes(normalised(name))) return [];
    return [{ path: document.path, problem: `names the test “${name}”, which ${path} lacks` }];
  });
}

/** Every link of a document to something of the repository leads somewhere: to a file, or a folder of files. */
export function links(document: SourceFile, files: SourceFile[]): Breach[] {
  const known = new Set(files.flatMap(({ path }) => withFolders(path)));
  return linked(document)
    .filter((target) => !known.has(target))
    .map((target) => ({ path: document.path, problem: `links to ${target}, which does not exist` }));
}

/** Every page beside a page of contents is in it. */
export function listedPages(contents: SourceFile, files: SourceFile[]): Breach[] {
  const listed = new Set(linked(contents));
  return files
    .filter(({ path }) => posix.dirname(path) === posix.dirname(contents.path) && path.endsWith('.md'))
    .filter(({ path }) => path !== contents.path && !listed.has(path))
    .map(({ path }) => ({ path: contents.path, problem: `does not list ${path}` }));
}

/** What it links to within the repository, from its top. */
function linked({ path, text }: SourceFile): string[] {
  return [...text.matchAll(/\]\((?![a-z]+:|#)([^)\s#]+)/g)].map(([, target = '']) =>
    posix.normalize(posix.join(posix.dirname(path), target)).replace(/\/$/, ''),
  );
}

function withFolders(path: string): string[] {
  const above = posix.dirname(path);
  return above === '.' ? [path] : [path, ...withFolders(above)];
}

/** Quotes differ between prose and code: they do not count. */
const normalised = (text: string) => text.replaceAll(/['"’“”`\\]/g, '');

/** Every dependency of every workspace has a line `name`: why, in the document of dependencies. */
export function explainedDependencies(document: SourceFile, manifests: SourceFile[]): Breach[] {
  return manifests.flatMap((manifest) => {
    const { dependencies, devDependencies } = manifestSchema.parse(JSON.parse(manifest.text));
    return Object.keys({ ...dependencies, ...devDependencies })
      .filter((name) => !name.startsWith('@cellbook/') && !document.text.includes(`\`${name}\``))
      .map((name) => ({
        path: manifest.path,
        problem: `depends on ${name}, which ${document.path} does not explain`,
      }));
  });
}
