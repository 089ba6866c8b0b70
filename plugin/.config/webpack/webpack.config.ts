/*
 * Scaffolded by `@grafana/create-plugin` 7.1.7 and kept but for four things, so that it can be compared with the template:
 * - no live reload and no ESLint or type check inside webpack: `npm run lint` and `npm run typecheck` of the repository do that;
 * - swc compiles to ES2022 with React's automatic runtime, which every browser of Grafana 12.4 has;
 * - `@sillage/model` is TypeScript source in this repository, so it is compiled like our own;
 * - the size at which webpack warns fits the editor's chunk (CodeMirror; only people who edit load it).
 */

import CopyWebpackPlugin from "copy-webpack-plugin";
import path from "path";
import ReplaceInFileWebpackPlugin from "replace-in-file-webpack-plugin";
import TerserPlugin from "terser-webpack-plugin";
import { SubresourceIntegrityPlugin } from "webpack-subresource-integrity";
import webpack, { type Configuration } from "webpack";
import VirtualModulesPlugin from "webpack-virtual-modules";

import { BuildModeWebpackPlugin } from "./BuildModeWebpackPlugin.ts";
import { DIST_DIR, SOURCE_DIR } from "../bundler/constants.ts";
import { getCPConfigVersion, getEntries, getPackageJson, getPluginJson, isWSL } from "../bundler/utils.ts";
import { externals } from "../bundler/externals.ts";
import { copyFilePatterns } from "../bundler/copyFiles.ts";

const pluginJson = getPluginJson();
const cpVersion = getCPConfigVersion();
const pluginVersion = getPackageJson().version;
const virtualPublicPath = new VirtualModulesPlugin({
  "node_modules/grafana-public-path.js": `
import amdMetaModule from 'amd-module';

__webpack_public_path__ =
  amdMetaModule && amdMetaModule.uri
    ? amdMetaModule.uri.slice(0, amdMetaModule.uri.lastIndexOf('/') + 1)
    : 'public/plugins/${pluginJson.id}/';
`,
});

export type Env = {
  [key: string]: true | string | Env;
};

const config = async (env: Env): Promise<Configuration> => {
  const baseConfig: Configuration = {
    cache: {
      type: "filesystem",
      buildDependencies: {
        // __filename doesn't work in Node 24
        config: [path.resolve(process.cwd(), ".config", "webpack", "webpack.config.ts")],
      },
    },

    context: path.join(process.cwd(), SOURCE_DIR),

    devtool: env.production ? "source-map" : "eval-source-map",

    entry: await getEntries(),

    externals,

    // Support WebAssembly according to latest spec - makes WebAssembly module async
    experiments: {
      asyncWebAssembly: true,
    },

    mode: env.production ? "production" : "development",

    module: {
      rules: [
        // This must come first in the rules array otherwise it breaks sourcemaps.
        {
          test: /src\/(?:.*\/)?module\.tsx?$/,
          use: [
            {
              loader: "imports-loader",
              options: {
                imports: `side-effects grafana-public-path`,
              },
            },
          ],
        },
        {
          exclude: /(node_modules)/,
          test: /\.[tj]sx?$/,
          use: {
            loader: "swc-loader",
            options: {
              jsc: {
                baseUrl: path.resolve(process.cwd(), SOURCE_DIR),
                target: "es2022",
                loose: false,
                parser: {
                  syntax: "typescript",
                  tsx: true,
                  decorators: false,
                  dynamicImport: true,
                },
                transform: { react: { runtime: "automatic" } },
              },
            },
          },
        },
        {
          test: /\.css$/,
          use: ["style-loader", "css-loader"],
        },
        {
          test: /\.s[ac]ss$/,
          use: ["style-loader", "css-loader", "sass-loader"],
        },
        {
          test: /\.(png|jpe?g|gif|svg)$/,
          type: "asset/resource",
          generator: {
            filename: Boolean(env.production) ? "[hash][ext]" : "[file]",
          },
        },
        {
          test: /\.(woff|woff2|eot|ttf|otf)(\?v=\d+\.\d+\.\d+)?$/,
          type: "asset/resource",
          generator: {
            filename: Boolean(env.production) ? "[hash][ext]" : "[file]",
          },
        },
      ],
    },

    performance: { maxAssetSize: 500_000 },

    optimization: {
      minimize: Boolean(env.production),
      minimizer: [
        new TerserPlugin({
          terserOptions: {
            format: {
              comments: (_, { type, value }) => type === "comment2" && value.trim().startsWith("[create-plugin]"),
            },
            compress: {
              drop_console: ["log", "info"],
            },
          },
        }),
      ],
    },

    output: {
      clean: {
        keep: new RegExp(`(.*?_(amd64|arm(64)?)(.exe)?|go_plugin_build_manifest)`),
      },
      filename: "[name].js",
      chunkFilename: env.production ? "[name].js?_cache=[contenthash]" : "[name].js",
      library: {
        type: "amd",
      },
      path: path.resolve(process.cwd(), DIST_DIR),
      publicPath: `public/plugins/${pluginJson.id}/`,
      uniqueName: pluginJson.id,
      crossOriginLoading: "anonymous",
    },

    plugins: [
      new BuildModeWebpackPlugin(),
      virtualPublicPath,
      // Insert create plugin version information into the bundle
      new webpack.BannerPlugin({
        banner: `/* [create-plugin] version: ${cpVersion} */
          /* [create-plugin] plugin: ${pluginJson.id}@${pluginVersion} */`,
        raw: true,
        entryOnly: true,
      }),
      new CopyWebpackPlugin({
        patterns: copyFilePatterns,
      }),
      // Replace certain template-variables in the README and plugin.json
      new ReplaceInFileWebpackPlugin([
        {
          dir: DIST_DIR,
          test: [/(^|\/)plugin\.json$/, /(^|\/)README\.md$/],
          rules: [
            {
              search: /\%VERSION\%/g,
              replace: pluginVersion,
            },
            {
              search: /\%TODAY\%/g,
              replace: new Date().toISOString().substring(0, 10),
            },
            {
              search: /\%PLUGIN_ID\%/g,
              replace: pluginJson.id,
            },
          ],
        },
      ]),
      new SubresourceIntegrityPlugin({
        hashFuncNames: ["sha256"],
      }),
    ],

    resolve: {
      extensions: [".js", ".jsx", ".ts", ".tsx"],
      // handle resolving "rootDir" paths
      modules: [path.resolve(process.cwd(), "src"), "node_modules"],
      unsafeCache: true,
    },
  };

  if (isWSL()) {
    baseConfig.watchOptions = {
      poll: 3000,
      ignored: /node_modules/,
    };
  }

  return baseConfig;
};

export default config;
