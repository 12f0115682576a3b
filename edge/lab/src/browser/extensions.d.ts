/** The module generated at build time (src/build/extensions.ts) that imports every bundled extension. */
declare module 'cellbook-lab-extensions' {
  import type { JupyterLab } from '@jupyterlab/application';
  import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
  import type { IPlugin } from '@lumino/application';

  export const plugins: { default: IPlugin<JupyterLab, unknown> | IPlugin<JupyterLab, unknown>[] }[];
  export const mimes: { default: IRenderMime.IExtension | IRenderMime.IExtension[] }[];
}

declare module '*.css';
