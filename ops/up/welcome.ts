import type { Platform } from './platform.ts';
import { formatTopology } from './topology.ts';

/** What is printed when everything answers. */
export function welcome({ url, home, cells }: Pick<Platform, 'url' | 'home' | 'cells'>): string {
  return `
  Cellbook is up:  ${url}

  In a browser     open ${url}, sign in with any name and e-mail address (development sign-in), create a
                   workspace and open it.
  From a client    a token: \`npm run -s token\`, or on that page; the server's URL is
                   ${url}/w/<workspace id> for JupyterLab, VS Code, nbclient, @jupyterlab/services.
  Regions          ${formatTopology(cells)}: a person comes to live in one at the first sign-in
  State and logs   ${home.directory} (logs/ has one file per program)
  To stop          Ctrl-C here, or \`npm stop\` elsewhere. What you made is kept.
`;
}
