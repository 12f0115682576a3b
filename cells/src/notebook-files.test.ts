import { newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNotebookFiles } from './notebook-files.ts';
import { startTestHost, type TestHost } from './storage/test-volumes.ts';

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost();
});
afterAll(() => host.close());

const notebook = (text: string | null) => ({
  ...{ nbformat: 4, nbformat_minor: 5, metadata: {} },
  cells: [
    {
      ...{ cell_type: 'code', id: 'c1', source: 'print(1)', metadata: {}, execution_count: null },
      outputs: text === null ? [] : [{ output_type: 'stream', name: 'stdout', text }],
    },
  ],
});

test('outputs of a tab that is gone are one version by the platform, and what was saved before stays', async () => {
  const id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
  const tree = await host.volumes.files(id);
  const ada = newUserId(systemRandom);
  const saved = Buffer.from(JSON.stringify(notebook(null)));
  const version = { author: ada, keep: limits.storage.fileVersions.free };
  await tree.write(['n.ipynb'], saved, { version });
  const notebooks = createNotebookFiles({
    ...{ volumes: host.volumes, random: systemRandom },
    tierOf: async () => 'free',
  });
  for (const printed of ['1\n', '1\n2\n', '1\n2\n3\n'])
    expect(await notebooks.update(id, 'n.ipynb', () => notebook(printed))).toBe(true);
  const versions = await tree.listVersions(['n.ipynb']);
  expect(versions.map(({ author }) => author)).toEqual([null, ada]);
  const [newest, before] = await Promise.all(versions.map((each) => tree.readVersion(['n.ipynb'], each.id)));
  expect(JSON.parse(String(newest)).cells[0].outputs[0].text).toEqual(['1\n', '2\n', '3\n']);
  expect(before?.equals(saved)).toBe(true);
  await tree.write(['n.ipynb'], Buffer.from('saved over it'), { version });
  expect(await tree.listVersions(['n.ipynb'])).toHaveLength(3);
});

test('a notebook that is not there, or is left as it is, gets no version', async () => {
  const id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
  const notebooks = createNotebookFiles({
    ...{ volumes: host.volumes, random: systemRandom },
    tierOf: async () => 'free',
  });
  expect(await notebooks.update(id, 'n.ipynb', () => notebook('x'))).toBe(false);
  const tree = await host.volumes.files(id);
  await tree.write(['n.ipynb'], Buffer.from(JSON.stringify(notebook(null))));
  expect(await notebooks.update(id, 'n.ipynb', () => null)).toBe(true);
  expect(await tree.listVersions(['n.ipynb'])).toEqual([]);
});
