import fc from 'fast-check';
import { expect, test } from 'vitest';
import { directoryPath, normalPath, parentPath } from './paths.ts';
import { insideHome } from './resolve-path.ts';

test.each([
  ['', ''],
  ['/', ''],
  ['/foo/', 'foo'],
  ['a//b/./c', 'a/b/c'],
  ['../../etc/passwd', 'etc/passwd'],
  ['/home/user/a', 'a'],
  ['/home/user', ''],
  ['/home/username', 'home/username'],
])('%j is %j below the files’ root', (given, normal) => {
  expect(directoryPath(given)).toBe(normal);
});

test('no path leads above the root, and a normal one stays as it is', () => {
  const name = fc.constantFrom('a', 'b', '..', '.', '', 'ü', ' ');
  fc.assert(
    fc.property(fc.array(name), (names) => {
      const normal = normalPath(names.join('/'));
      expect(normal.split('/')).not.toContain('..');
      expect(normalPath(normal)).toBe(normal);
    }),
  );
});

test('the directory of a document is where its kernel starts', () => {
  expect(parentPath('dir/sub/a.ipynb')).toBe('dir/sub');
  expect(parentPath('a.ipynb')).toBe('');
  expect(() => parentPath('a\0b')).toThrow('NUL');
});

test.each([
  ['hello.py', 'more/path', 'more/path/hello.py'],
  ['../hello.py', 'more', 'hello.py'],
  ['../../hello.py', 'more', null],
  ['~/a/../b.py', 'more', 'b.py'],
  ['~/../b.py', 'more', null],
  ['/home/user/x.py', 'more', 'x.py'],
  ['/etc/passwd', 'more', null],
  ['/home/user/../other/x', 'more', null],
  ['a\0b', '', null],
])('%j printed in %j is %j', (path, directory, inside) => {
  expect(insideHome(path, directory)).toBe(inside);
});
