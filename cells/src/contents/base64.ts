import { CellbookError } from '@cellbook/shared/errors.ts';

/** Lines of 76 characters, each with its end, as jupyter_server sends. */
export function encodeBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/.{1,76}/g, '$&\n');
}

/** Space between the characters is ignored; anything else that is not base64 is refused. */
export function decodeBase64(text: string): Buffer {
  const bare = text.replace(/\s+/g, '');
  if (bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return Buffer.from(bare, 'base64');
  throw new CellbookError('bad_request', {
    doing: 'reading content',
    problem: 'Encoding error: the content is not base64',
    next: 'Send standard base64, or text with format "text".',
  });
}
