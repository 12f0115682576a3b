import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { seededRandom, systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addMasterKey, dropOldMasterKeys, makeMasterKeys, readMasterKeys } from './master-keys.ts';
import { createMemorySecretStore } from './memory-secret-store.ts';
import { resealAll } from './reseal.ts';
import { seal, unseal } from './seal.ts';

const random = seededRandom(11);
const owner = newUserId(random);
const place = { owner, name: 'API_TOKEN' };
const value = 'sentinel é🦄\nof two lines';

let directory: string;
let count = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-keys-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function newFile(): Promise<string> {
  const file = join(directory, `keys-${count++}`, 'secrets.jwks.json');
  await makeMasterKeys(file, systemRandom);
  return file;
}

describe('a sealed secret', () => {
  it('opens in its own place, byte for byte', async () => {
    const keys = await readMasterKeys(await newFile());
    expect(await unseal(keys, place, await seal(keys, place, value))).toBe(value);
  });

  it('opens under no other owner and no other name: rows cannot be swapped', async () => {
    const keys = await readMasterKeys(await newFile());
    const sealed = await seal(keys, place, value);
    expect(await unseal(keys, { ...place, name: 'OTHER' }, sealed)).toBeNull();
    expect(await unseal(keys, { ...place, owner: newUserId(random) }, sealed)).toBeNull();
    expect(await unseal(keys, { ...place, owner: newOrgId(random) }, sealed)).toBeNull();
  });

  it('does not open when one character of it is changed', async () => {
    const keys = await readMasterKeys(await newFile());
    const { keyId, text } = await seal(keys, place, value);
    const jwe: Record<string, string> = JSON.parse(text);
    for (const part of ['encrypted_key', 'iv', 'ciphertext', 'tag']) {
      const was = jwe[part] ?? '';
      const changed = { ...jwe, [part]: (was.startsWith('A') ? 'B' : 'A') + was.slice(1) };
      expect(await unseal(keys, place, { keyId, text: JSON.stringify(changed) })).toBeNull();
    }
  });

  it('is wrapped by a key of its own each time, and says nothing of its value', async () => {
    const keys = await readMasterKeys(await newFile());
    const [one, two] = [await seal(keys, place, value), await seal(keys, place, value)];
    expect(one.text).not.toBe(two.text);
    expect(one.text).not.toContain(Buffer.from(value).toString('base64url').slice(0, 12));
    expect(Object.keys(JSON.parse(one.text))).not.toContain('aad');
  });

  it('does not open with the keys of another file', async () => {
    const sealed = await seal(await readMasterKeys(await newFile()), place, value);
    expect(await unseal(await readMasterKeys(await newFile()), place, sealed)).toBeNull();
  });
});

describe('the file of master keys', () => {
  it('is readable by its owner alone, and kept when it is made again', async () => {
    const file = await newFile();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const before = await readFile(file, 'utf8');
    await Promise.all([makeMasterKeys(file, systemRandom), makeMasterKeys(file, systemRandom)]);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('is rotated: the new key wraps, the old one still opens, and can go when all is sealed anew', async () => {
    const file = await newFile();
    const store = createMemorySecretStore();
    const put = async (name: string) => {
      const sealed = await seal(await readMasterKeys(file), { owner, name }, `value of ${name}`);
      await store.put({ owner, name, sealed, valueBytes: 10, nowMs: 1 });
    };
    await put('A');
    await put('B');
    const newKey = await addMasterKey(file, systemRandom);
    await put('C');
    const keys = await readMasterKeys(file);
    expect((await store.wrappedByOthers(newKey, 10)).map(({ name }) => name)).toEqual(['A', 'B']);
    expect(await resealAll(store, keys)).toBe(2);
    expect(await resealAll(store, keys)).toBe(0);

    expect(await dropOldMasterKeys(file, systemRandom)).toHaveLength(1);
    const left = await readMasterKeys(file);
    for (const secret of await store.sealedOf(owner))
      expect(await unseal(left, secret, secret.sealed)).toBe(`value of ${secret.name}`);
  });

  it('says what is wrong with it, and nothing that is in it', async () => {
    const file = await newFile();
    const key: string = JSON.parse(await readFile(file, 'utf8')).keys[0].k;
    const refusalOf = async (text: string) => {
      await writeFile(file, text);
      return readMasterKeys(file).then(
        () => null,
        (error: Error) => ({ error, said: `${error.message} ${error.stack} ${error.cause}` }),
      );
    };
    const texts = [
      key,
      `{"keys": [{"k": "${key}"`,
      `{"keys": [{"kty": "oct", "kid": "a", "alg": "x", "k": "${key}"}]}`,
    ];
    for (const text of [...texts, '{"keys": []}', '']) {
      const refusal = await refusalOf(text);
      expect(refusal?.error).toMatchObject({ code: 'not_configured', next: expect.stringContaining('init') });
      expect(refusal?.said).not.toContain(key);
    }
    await expect(readMasterKeys(join(directory, 'absent'))).rejects.toMatchObject({ code: 'not_configured' });
  });
});
