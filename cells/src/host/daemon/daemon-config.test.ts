import { expect, test } from 'vitest';
import { readDaemonConfig } from './daemon-config.ts';

const complete = {
  CELLBOOK_CELL_ID: 'eu-1',
  CELLBOOK_HOST_ID: 'eu-1-a',
  CELLBOOK_HOST_PORT: '9101',
  CELLBOOK_HOST_KEY_FILE: '/keys/host-key',
  CELLBOOK_DATA_DIR: '/data',
  DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/cell',
  CELLBOOK_OBJECTS: 'file:/data/objects',
};

test('a host listens in plain on loopback alone, and anywhere with certificates', () => {
  expect(readDaemonConfig(complete)).toMatchObject({ bind: '127.0.0.1', tlsDirectory: null });
  const open = { ...complete, CELLBOOK_HOST_BIND: '0.0.0.0' };
  expect(() => readDaemonConfig(open)).toThrow('CELLBOOK_TLS_DIR');
  expect(readDaemonConfig({ ...open, CELLBOOK_TLS_DIR: '/keys/tls' })).toMatchObject({
    bind: '0.0.0.0',
    tlsDirectory: '/keys/tls',
  });
});
