/**
 * The workspace that is resumed: what somebody who works with data has in 20 GiB. Pure. Mostly a few large tables and
 * two models, a folder of pictures, notebooks with their outputs, and the many small files of two repositories with
 * their histories. Bytes scale with the size that is asked for; how many small files there are does not.
 */
export interface ShapedFile {
  path: string;
  bytes: number;
}

const [kibibyte, mebibyte, gibibyte] = [1024, 1024 ** 2, 1024 ** 3];
const tables = 12;
const pictures = { folders: 20, each: 100, bytes: 512 * kibibyte };
const notebooks = { count: 60, bytes: 1.5 * mebibyte };
const repositories = { count: 2, folders: 300, each: 10 };

/** What the second cell reads: the first mebibyte of it. */
export const readFile = 'data/part-00.parquet';
export const readBytes = mebibyte;

/** Sizes are all unlike, as those of files are; together about `gib`. */
export function shapeOf(gib: number): ShapedFile[] {
  const small = [...notebookFiles(), ...sourceFiles()];
  const scale = Math.min(1, gib / 4);
  const pictureFiles = picturesOf(Math.max(1, Math.round(pictures.each * scale)));
  const models = [1, 2].map((n) => ({
    path: `models/model-${n}.safetensors`,
    bytes: Math.round(0.02 * n * gib * gibibyte),
  }));
  const left = gib * gibibyte - sum([...small, ...pictureFiles, ...models]);
  const share = Math.max(2 * mebibyte, left / tables);
  const parts = Array.from({ length: tables }, (_, index) => ({
    path: `data/part-${String(index).padStart(2, '0')}.parquet`,
    bytes: Math.round(share * (0.75 + (0.5 * index) / (tables - 1))),
  }));
  return [...parts, ...models, ...pictureFiles, ...small];
}

export const sum = (files: readonly ShapedFile[]): number =>
  files.reduce((total, { bytes }) => total + bytes, 0);

export const foldersOf = (files: readonly ShapedFile[]): number => {
  const folders = new Set<string>();
  for (const { path } of files) {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join('/'));
  }
  return folders.size;
};

function picturesOf(each: number): ShapedFile[] {
  return Array.from({ length: pictures.folders * each }, (_, index) => ({
    path: `pictures/${Math.floor(index / each)}/${index % each}.png`,
    bytes: pictures.bytes + index,
  }));
}

function notebookFiles(): ShapedFile[] {
  return Array.from({ length: notebooks.count }, (_, index) => ({
    path: `notebooks/week ${Math.floor(index / 5)}/analysis-${index}.ipynb`,
    bytes: notebooks.bytes + index,
  }));
}

/** Folders in folders; from 200 bytes to 40 KiB, most of them small. */
function sourceFiles(): ShapedFile[] {
  const files: ShapedFile[] = [];
  for (let repository = 0; repository < repositories.count; repository++)
    for (let folder = 0; folder < repositories.folders; folder++)
      for (let file = 0; file < repositories.each; file++) {
        const within =
          folder % 2 === 0 ? `src/package${folder % 20}/module${folder}` : `.git/objects/${folder}`;
        const bytes = 200 + 4 * kibibyte * file ** 2 * (1 / 8);
        files.push({ path: `repository-${repository}/${within}/${file}.py`, bytes: Math.round(bytes) });
      }
  return files;
}
