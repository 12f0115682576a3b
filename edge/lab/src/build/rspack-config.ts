/** How rspack turns the installed packages into hashed files, and the themes into style sheets of their own. */
import { type Configuration, rspack } from '@rspack/core';

export interface BundlePaths {
  /** The workspace's directory (edge/lab); modules resolve from here. */
  source: string;
  /** The text of the module that imports every extension. */
  extensionsModule: string;
  /** Where the files go, and the URL they are served under (with a slash at its end). */
  output: string;
  publicPath: string;
}

const rules: NonNullable<Configuration['module']>['rules'] = [
  // Imported as text by the pdf and html viewers: as a style sheet they would leak into the page.
  { test: /\.raw\.css$/, type: 'asset/source' },
  { test: /(?<!\.raw)\.css$/, type: 'css' },
  { test: /\.(txt|md)$/, type: 'asset/source' },
  { test: /\.(png|jpg|gif|woff2?|ttf|eot|otf)(\?.*)?$/, type: 'asset/resource' },
  { test: /\.svg(\?.*)?$/, issuer: /\.css$/, type: 'asset' },
  { test: /\.svg(\?.*)?$/, issuer: /\.js$/, type: 'asset/source' },
  { test: /\.m?js$/, resolve: { fullySpecified: false } },
  {
    test: /\.ts$/,
    loader: 'builtin:swc-loader',
    options: { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } },
    type: 'javascript/auto',
  },
];

function common(paths: BundlePaths): Configuration {
  return {
    mode: 'production',
    devtool: false,
    context: paths.source,
    module: { rules, parser: { javascript: { exportsPresence: false } } },
    resolve: {
      // Node modules that some packages name behind a check for Node.
      fallback: {
        url: false,
        buffer: false,
        crypto: false,
        path: false,
        process: false,
        fs: false,
        util: false,
        stream: false,
      },
    },
    performance: { hints: false },
  };
}

export function labConfiguration(paths: BundlePaths): Configuration {
  // Never written: it exists for the bundler alone, at a path from which the packages resolve.
  const generated = `${paths.source}/src/browser/extensions.generated.js`;
  return {
    ...common(paths),
    name: 'lab',
    entry: { main: `${paths.source}/src/browser/main.ts` },
    resolve: { ...common(paths).resolve, alias: { 'cellbook-lab-extensions': generated } },
    output: {
      path: paths.output,
      publicPath: paths.publicPath,
      filename: '[name].[contenthash:12].js',
      chunkFilename: '[name].[contenthash:12].js',
      cssFilename: '[name].[contenthash:12].css',
      cssChunkFilename: '[name].[contenthash:12].css',
      assetModuleFilename: 'assets/[contenthash:12][ext]',
      hashFunction: 'xxhash64',
    },
    optimization: {
      chunkIds: 'deterministic',
      moduleIds: 'deterministic',
      // The first page in about six parallel downloads; the rest (MathJax, Mermaid, Vega …) when it is needed.
      splitChunks: {
        chunks: 'all',
        maxInitialSize: 1_500_000,
        maxAsyncSize: 4_000_000,
        // One style sheet in the order of the imports: split, `.lm-Widget` comes after what overrides it.
        cacheGroups: {
          styles: {
            type: 'css',
            chunks: 'initial',
            name: 'styles',
            enforce: true,
            maxInitialSize: 10_000_000,
            priority: 100,
          },
        },
      },
    },
    plugins: [
      new rspack.experiments.VirtualModulesPlugin({ [generated]: paths.extensionsModule }),
      new rspack.DefinePlugin({ 'process.env': '({})', 'process.platform': '"browser"' }),
    ],
  };
}

export function themesConfiguration(
  paths: BundlePaths,
  themes: { name: string; css: string }[],
): Configuration {
  return {
    ...common(paths),
    name: 'themes',
    entry: Object.fromEntries(themes.map((theme) => [theme.name, theme.css])),
    output: {
      path: `${paths.output}/themes`,
      publicPath: `${paths.publicPath}themes/`,
      filename: '[name]/index.js',
      cssFilename: '[name]/index.css',
      assetModuleFilename: 'assets/[contenthash:12][ext]',
    },
  };
}
