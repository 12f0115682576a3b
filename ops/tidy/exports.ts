/** Named exports only, and no file that only passes on what others export, but for `shared/src/protocol`. */
import { type Breach, eachLine, isSource, type SourceFile } from './source.ts';

/** Where a tool or a runtime asks for a default export. */
const defaultIsAsked = [
  /(^|\/)[\w.-]+\.config\.(ts|mts|mjs|js)$/,
  /^ops\/test\/global-setup\.ts$/,
  /^edge\/src\/worker\.ts$/,
  /^edge\/sockets\/sockets\.ts$/,
  /^edge\/testing\/worker-under-test\.ts$/,
  /^edge\/.*\.test\.ts$/,
  // vitest takes a reporter's.
  /^ops\/test\/stray-errors\.ts$/,
  // k6 runs a script's default export; JupyterLab loads a plugin's.
  /^loadtest\/[\w-]+\.js$/,
  /^edge\/lab\/src\/browser\/[\w-]+\.tsx?$/,
];

export function namedExports(file: SourceFile): Breach[] {
  if (!isSource(file.path) || defaultIsAsked.some((pattern) => pattern.test(file.path))) return [];
  return eachLine(file, (line) =>
    /^export default\b|^export \{.*\bas default\b/.test(line) ? 'has a default export: name it' : null,
  );
}

export function noBarrels(file: SourceFile): Breach[] {
  if (!isSource(file.path) || file.path.startsWith('shared/src/protocol/')) return [];
  const statements = file.text
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
  const passesOn = statements.filter((statement) =>
    /^export (type )?(\*|\{[^}]*\}) ?.*from\b/s.test(statement),
  );
  if (passesOn.some((statement) => statement.startsWith('export *'))) {
    return [{ path: file.path, problem: 'passes on everything of another file: import from where it is' }];
  }
  if (statements.length === 0 || passesOn.length < statements.length) return [];
  return [{ path: file.path, problem: 'only passes on what others export: import from where it is' }];
}
