/**
 * The page that opens JupyterLab: which addresses it answers, its config, its HTML. Pure and free of Node, so
 * the edge's Worker makes it for each request from the `lab.json` of the bundle it serves. The config sits in
 * a `script type="application/json"`, which a browser never runs.
 */
import { escapeHtml } from '@cellbook/shared/escape-html.ts';
import { disabledPlugins } from './disabled-plugins.ts';

/** `lab.json` of a built bundle: the first files of the page, as URL paths. */
export interface LabAssets {
  version: string;
  scripts: string[];
  styles: string[];
}

/** What the address says about the page; JupyterLab reads it back from the config. */
export interface LabPlace {
  mode: 'multiple-document' | 'single-document';
  /** The name of the layout, `default` unless the address names one. */
  layout: string;
  /** A file or folder to open, or empty. */
  treePath: string;
}

export interface LabPageOptions {
  assets: LabAssets;
  place: LabPlace;
  workspaceId: string;
  workspaceName?: string;
  /** Where the way back leads: the console on the main host. */
  consoleUrl: string;
}

const pagePattern = /^\/(lab|doc)(?:\/workspaces\/([^/]+))?(?:\/tree(?:\/(.*))?)?\/?$/;

/** Null when the address is not a page: `/lab/api/…` belongs to the cell. */
export function labPath(pathname: string): LabPlace | null {
  const match = pagePattern.exec(pathname);
  if (!match) return null;
  const layout = decode(match[2] ?? 'default');
  const treePath = decode(match[3] ?? '');
  if (layout === null || treePath === null) return null;
  return { mode: match[1] === 'doc' ? 'single-document' : 'multiple-document', layout, treePath };
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function labPageConfig(options: LabPageOptions): Record<string, unknown> {
  const staticUrl = `/static/lab/${options.assets.version}`;
  return {
    appName: 'JupyterLab',
    appNamespace: 'jupyterlab',
    appVersion: options.assets.version.split('-')[0],
    appUrl: '/lab',
    baseUrl: '/',
    staticUrl,
    fullStaticUrl: staticUrl,
    themesUrl: `${staticUrl}/themes`,
    settingsUrl: '/lab/api/settings',
    workspacesApiUrl: '/lab/api/workspaces',
    translationsApiUrl: '/lab/api/translations',
    listingsUrl: '/lab/api/listings',
    licensesUrl: '/lab/api/licenses',
    treeUrl: '/lab/tree',
    mode: options.place.mode,
    workspace: options.place.layout,
    treePath: options.place.treePath,
    preferredPath: '/',
    terminalsAvailable: true,
    notebookStartsKernel: true,
    cacheFiles: true,
    buildAvailable: false,
    buildCheck: false,
    devMode: false,
    quitButton: false,
    delete_to_trash: false,
    allow_hidden_files: false,
    disabledExtensions: disabledPlugins,
    cellbookWorkspaceId: options.workspaceId,
    cellbookWorkspaceName: options.workspaceName ?? '',
    cellbookConsoleUrl: options.consoleUrl,
  };
}

export function labPage(options: LabPageOptions): string {
  const title = escapeHtml(options.workspaceName || 'JupyterLab');
  const { styles, scripts } = options.assets;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${icons}
<script id="jupyter-config-data" type="application/json">${scriptSafeJson(labPageConfig(options))}</script>
${styles.map((href) => `<link rel="stylesheet" href="${escapeHtml(href)}">`).join('\n')}
<style>${openingStyle}</style>
${scripts.map((src) => `<script defer src="${escapeHtml(src)}"></script>`).join('\n')}
</head>
<body>
<div id="cellbook-opening" role="status">Opening ${title}…</div>
<noscript>JupyterLab needs JavaScript.</noscript>
</body>
</html>
`;
}

/** Our mark, and the same with an orange dot: JupyterLab swaps them, by these classes, while a kernel is busy. */
const icons = [
  `<link rel="icon" class="idle favicon" type="image/svg+xml" href="${mark('#ffd166', 2.3)}">`,
  `<link rel="" class="busy favicon" type="image/svg+xml" href="${mark('#ff7b00', 6)}">`,
].join('\n');

function mark(dotColour: string, dotRadius: number): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2f6feb"/><path d="M8 11.5h16M8 16h16M8 20.5h10" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/><circle cx="23.5" cy="20.5" r="${dotRadius}" fill="${dotColour}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Until JupyterLab paints, the page says what it is doing instead of staying white. */
const openingStyle = `#cellbook-opening{position:fixed;inset:0;display:grid;place-items:center;font:15px system-ui,sans-serif;color:#5f6368;background:#fff}
@media (prefers-color-scheme:dark){#cellbook-opening{color:#9aa0a6;background:#111}}
body:has(.jp-LabShell) #cellbook-opening{display:none}`;

/**
 * A notebook's own output runs scripts (Plotly, Bokeh), compiles code (Vega, the settings validator) and
 * embeds what it likes (the PDF and HTML viewers), so none of that is what the policy holds back; the origin
 * of its own is. It holds back being framed by others and a base that leads elsewhere.
 */
export const labPageHeaders: Record<string, string> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "frame-ancestors 'self'; base-uri 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
};

/** JSON that cannot end the script element it stands in. */
function scriptSafeJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}
