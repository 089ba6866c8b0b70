/** Builds the page into dist/: everything it needs is in there, the server only hands out files. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { defineConfig } from "vite";

const require = createRequire(import.meta.url);
const packageFolder = (name) => path.dirname(require.resolve(`${name}/package.json`));

/** Files that @grafana/ui asks for by address at run time, where Grafana's own server would have them. */
const FONTS = {
  "inter/Inter-Regular.woff2": "@fontsource/inter/files/inter-latin-400-normal.woff2",
  "inter/Inter-Medium.woff2": "@fontsource/inter/files/inter-latin-500-normal.woff2",
  "inter/Inter-Italic.woff2": "@fontsource/inter/files/inter-latin-400-italic.woff2",
  "inter/Inter-MediumItalic.woff2": "@fontsource/inter/files/inter-latin-500-italic.woff2",
  "roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2":
    "@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2",
};
const EMPTY_ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"></svg>';

function grafanaAssets() {
  return {
    name: "grafana-assets",
    generateBundle() {
      const emit = (fileName, source) => this.emitFile({ type: "asset", fileName, source });
      for (const [fileName, file] of Object.entries(FONTS)) emit(`public/fonts/${fileName}`, readFileSync(require.resolve(file)));

      const icons = path.join(packageFolder("@grafana/ui"), "dist/public/img/icons");
      const icon = (kind, file) => readFileSync(path.join(icons, kind, file), "utf8");
      const emitted = new Set();
      const emitIcon = (kind, file, source) => {
        if (!emitted.has(file)) emit(`public/build/img/icons/${kind}/${file}`, source);
        emitted.add(file);
      };
      for (const kind of readdirSync(icons)) for (const file of readdirSync(path.join(icons, kind))) emitIcon(kind, file, icon(kind, file));
      // The package lacks about a hundred of the icons that it knows by name (13.2.2). The arrow back of the time picker has a twin ...
      emitIcon(
        "unicons",
        "angle-double-left.svg",
        icon("unicons", "angle-double-right.svg").replace("<path ", '<path transform="matrix(-1 0 0 1 24 0)" '),
      );
      // ... for the others an empty picture is better than a failed request.
      for (const name of Object.keys(require("@grafana/data").availableIconsIndex)) {
        emitIcon(name.startsWith("gf-") ? "custom" : "unicons", `${name}.svg`, EMPTY_ICON);
      }
    },
  };
}

/** Two editors that the page never shows, each with megabytes behind it: 8.4 MB of scripts become 5. */
const NEVER_SHOWN = {
  "/Monaco/ReactMonacoEditor.mjs": "export const ReactMonacoEditor = () => null; export default ReactMonacoEditor;",
  "/Table/geo/OpenLayersProvider.mjs": "export const OpenLayersProvider = ({ children }) => children; export default OpenLayersProvider;",
};

function leaveOut() {
  return {
    name: "leave-out",
    enforce: "pre",
    load(id) {
      return Object.entries(NEVER_SHOWN).find(([file]) => id.includes(file))?.[1];
    },
  };
}

export default defineConfig({
  logLevel: "warn",
  plugins: [leaveOut(), grafanaAssets()],
  resolve: {
    dedupe: ["react", "react-dom"],
    alias: [{ find: /^react-custom-scrollbars-2$/, replacement: path.join(import.meta.dirname, "src/grafana/scrollbars-interop.js") }],
  },
  build: {
    chunkSizeWarningLimit: 8000,
    reportCompressedSize: false,
    rolldownOptions: {
      // Libraries mark files for server-side rendering ("use client"); nothing here renders on a server.
      onLog: (level, log, report) => log.code !== "MODULE_LEVEL_DIRECTIVE" && report(level, log),
    },
  },
});
