import { expect, test } from 'vitest';
import { capacityOf, readConfig } from './config.ts';

const complete = {
  CELLBOOK_CELL_ID: 'local-1',
  CELLBOOK_REGION_ID: 'local',
  CELLBOOK_PORT: '4100',
  CELLBOOK_DATA_DIR: '/data',
  DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/cell',
  CELLBOOK_OBJECTS: 'file:/data/objects',
  CELLBOOK_EDGE_PUBLIC_KEYS: '/keys/edge.json',
};

test('a complete environment is enough, and isolation is the default', () => {
  const config = readConfig(complete);
  expect(config).toMatchObject({ cellId: 'local-1', hostId: 'local-1-a', port: 4100, redisUrl: null });
  expect(config.sandbox.driver).toBe('gvisor');
});

test.each(Object.keys(complete))('without %s it says which variable is missing', (name) => {
  expect(() => readConfig({ ...complete, [name]: undefined })).toThrow(name);
});

test.each([
  ['CELLBOOK_CELL_ID', 'Not A Cell'],
  ['CELLBOOK_PORT', '99999'],
  ['CELLBOOK_SANDBOX_DRIVER', 'docker'],
  ['CELLBOOK_SANDBOXES_MAX', '0'],
  ['CELLBOOK_HOSTS', 'local-1-a=http://host:9101'],
  ['CELLBOOK_HOSTS', 'local-1-a=ftp://127.0.0.1:9101'],
  ['CELLBOOK_HOSTS', 'local-1-a=nowhere'],
  ['DATABASE_URL', 'nowhere'],
])('with %s=%s it says what is wrong', (name, value) => {
  expect(() => readConfig({ ...complete, [name]: value })).toThrow(name);
});

test('places follow from the memory, and there is always one', () => {
  const gibibyte = 1024 ** 3;
  expect(capacityOf(32 * gibibyte, 2 * gibibyte)).toBe(24);
  expect(capacityOf(gibibyte, 8 * gibibyte)).toBe(1);
});

test('a host is reached over https, and in plain on this machine alone', () => {
  const read = (url: string) => readConfig({ ...complete, CELLBOOK_HOSTS: `local-1-a=${url}` }).hosts;
  for (const url of [
    'https://10.0.0.7:9101',
    'http://127.0.0.1:9101',
    'http://localhost:9101',
    'http://[::1]:9101',
  ])
    expect(read(url)).toEqual([{ hostId: 'local-1-a', url }]);
  for (const url of [
    'http://10.0.0.7:9101',
    'http://localhost.example:9101',
    'http://127.0.0.1.example:9101',
  ])
    expect(() => read(url)).toThrow('reached over https');
});
