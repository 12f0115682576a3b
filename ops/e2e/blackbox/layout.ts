/** Lays jupyter_server's REST tests out beside our conftest, in one folder outside the repository. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const services = ['api', 'config', 'contents', 'kernels', 'sessions', 'nbconvert'];

/** The tests of `sources`, an unpacked source distribution, flat in `directory`. */
export function layOutTests(sources: string, directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const tests = join(sources, 'tests');
  const copies = [
    ...services.map((service) => [`services/${service}/test_api.py`, `test_${service}_api.py`]),
    ['test_files.py', 'test_files_api.py'],
    ['test_terminal.py', 'test_terminal_api.py'],
    ['utils.py', 'utils.py'],
  ] as const;
  for (const [from = '', to = ''] of copies) {
    writeFileSync(join(directory, to), flattened(readFileSync(join(tests, from), 'utf8')));
  }
  writeFileSync(
    join(directory, 'upstream.py'),
    contentsFixtures(readFileSync(join(tests, 'conftest.py'), 'utf8')),
  );
  copyFileSync(join(import.meta.dirname, 'conftest.py'), join(directory, 'conftest.py'));
}

/** They import their helpers as parts of a package; here those lie beside them. */
function flattened(source: string): string {
  return source
    .replaceAll(/^from (?:\.+|tests\.)utils import/gm, 'from utils import')
    .replaceAll(/^from tests\.conftest import/gm, 'from upstream import');
}

/** The end of their conftest: the tree of sample files and the fixtures that make it. */
function contentsFixtures(conftest: string): string {
  const start = conftest.search(/^dirs = \[/m);
  if (start === -1) throw new Error('their conftest no longer has the list of sample directories');
  const imports = ['import pytest', 'from nbformat import writes', 'from nbformat.v4 import new_notebook'];
  return `${imports.join('\n')}\n\n${conftest.slice(start)}`;
}
