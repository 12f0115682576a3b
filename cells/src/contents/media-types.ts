/**
 * Media types by file name, with the answers that Python's `mimetypes` gives for what is found in notebook
 * folders: clients compare them.
 */
const byExtension: Record<string, string> = {
  '3g2': 'video/3gpp2',
  '3gp': 'video/3gpp',
  aac: 'audio/aac',
  ai: 'application/postscript',
  aif: 'audio/x-aiff',
  aiff: 'audio/x-aiff',
  avi: 'video/x-msvideo',
  avif: 'image/avif',
  bat: 'text/plain',
  bin: 'application/octet-stream',
  bmp: 'image/bmp',
  c: 'text/plain',
  css: 'text/css',
  csv: 'text/csv',
  dll: 'application/octet-stream',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  eml: 'message/rfc822',
  eps: 'application/postscript',
  exe: 'application/octet-stream',
  flac: 'audio/flac',
  gif: 'image/gif',
  geojson: 'application/geo+json',
  h: 'text/plain',
  h5: 'application/x-hdf5',
  heic: 'image/heic',
  heif: 'image/heif',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/vnd.microsoft.icon',
  ics: 'text/calendar',
  ipynb: 'application/x-ipynb+json',
  jpe: 'image/jpeg',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  ksh: 'text/plain',
  latex: 'application/x-latex',
  m3u8: 'application/vnd.apple.mpegurl',
  md: 'text/markdown',
  mht: 'message/rfc822',
  mjs: 'text/javascript',
  mov: 'video/quicktime',
  mp2: 'audio/mpeg',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  mpeg: 'video/mpeg',
  mpg: 'video/mpeg',
  n3: 'text/n3',
  nq: 'application/n-quads',
  nt: 'application/n-triples',
  o: 'application/octet-stream',
  opus: 'audio/opus',
  pdf: 'application/pdf',
  pl: 'text/plain',
  png: 'image/png',
  ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  ps: 'application/postscript',
  py: 'text/x-python',
  pyc: 'application/x-python-code',
  qt: 'video/quicktime',
  rdf: 'application/xml',
  rst: 'text/x-rst',
  rtf: 'application/rtf',
  sh: 'application/x-sh',
  so: 'application/octet-stream',
  srt: 'text/plain',
  svg: 'image/svg+xml',
  swf: 'application/x-shockwave-flash',
  tar: 'application/x-tar',
  tex: 'application/x-tex',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  trig: 'application/trig',
  ts: 'video/mp2t',
  tsv: 'text/tab-separated-values',
  ttl: 'text/turtle',
  txt: 'text/plain',
  vtt: 'text/vtt',
  wasm: 'application/wasm',
  wav: 'audio/x-wav',
  webm: 'video/webm',
  webmanifest: 'application/manifest+json',
  webp: 'image/webp',
  wsdl: 'application/xml',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xml: 'text/xml',
  xsl: 'application/xml',
  zip: 'application/zip',
};

/** Compressions around a type: `a.tar.gz` is a tar that is gzipped. */
const encodingBySuffix: Record<string, string> = {
  gz: 'gzip',
  Z: 'compress',
  bz2: 'bzip2',
  xz: 'xz',
  br: 'br',
};
const abbreviations: Record<string, string> = {
  tgz: 'tar.gz',
  taz: 'tar.gz',
  tz: 'tar.gz',
  tbz2: 'tar.bz2',
  txz: 'tar.xz',
  svgz: 'svg.gz',
};

export interface MediaType {
  type: string | null;
  encoding: string | null;
}

export function guessMediaType(name: string): MediaType {
  const parts = name.split('.');
  let extension = parts.length > 1 && parts[0] !== '' ? (parts.pop() ?? '') : '';
  const full = abbreviations[extension.toLowerCase()];
  if (full) parts.push(...full.split('.'));
  else parts.push(extension);
  extension = parts.pop() ?? '';
  const encoding = encodingBySuffix[extension] ?? null;
  if (encoding) extension = parts.length > 1 ? (parts.pop() ?? '') : '';
  return { type: byExtension[extension.toLowerCase()] ?? null, encoding };
}
