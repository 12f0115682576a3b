/** What a result is called and what it is, by the last part of its key. Nothing of it is taken from its bytes. */
export const nameOfResult = (key: string): string => key.split('/').at(-1) || 'result';

const typeByEnding: Record<string, string> = {
  mp4: 'video/mp4',
  webm: 'video/webm',
  gif: 'image/gif',
  png: 'image/png',
  ipynb: 'application/x-ipynb+json',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
  log: 'text/plain; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

export const typeOfResult = (name: string): string =>
  typeByEnding[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream';
