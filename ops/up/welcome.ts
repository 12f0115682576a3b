import type { Platform } from './platform.ts';

/** What is printed when everything answers. */
export function welcome({ url, home }: Pick<Platform, 'url' | 'home'>): string {
  return `
  Cellbook is up:  ${url}

  In a browser     open ${url}, sign in with any name and e-mail address (development sign-in), create a
                   workspace and open it.
  From a client    make a token on that page (or see README.md), then use ${url}/w/<workspace id>
                   as the server's URL: JupyterLab, VS Code, nbclient, @jupyterlab/services.
  State and logs   ${home.directory} (logs/ has one file per program)
  To stop          Ctrl-C here, or \`npm stop\` elsewhere. What you made is kept.
`;
}
