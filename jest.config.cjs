/** Three kinds of tests: `unit` beside the sources, `plugin` in a DOM, `e2e` with real processes and other people's exporters. */
const transform = {
  "^.+\\.(ts|tsx)$": [
    "@swc/jest",
    {
      jsc: { parser: { syntax: "typescript", tsx: true }, target: "es2022", transform: { react: { runtime: "automatic" } } },
      module: { type: "commonjs" },
    },
  ],
};
const moduleNameMapper = { "^@sillage/model$": "<rootDir>/model/src/index.ts" };
/** Packages that come as ES modules only; @grafana/ui and @grafana/data load them. */
const esModules = [
  "@react-hookz/web",
  "@ver0/deep-equal",
  "marked",
  "d3-interpolate",
  "d3-color",
  "d3-scale-chromatic",
  "react-calendar",
  "get-user-locale",
  "memoize",
  "mimic-function",
  "@wojtekmaj/date-utils",
];

/** @type {import("jest").Config} */
module.exports = {
  // No measure of speed: what hangs ends at last, and a busy machine may take its time.
  testTimeout: 180_000,
  projects: [
    {
      displayName: "unit",
      testEnvironment: "node",
      roots: [
        "<rootDir>/model/src",
        "<rootDir>/server/src",
        "<rootDir>/dashboards/src",
        "<rootDir>/preview/src",
        "<rootDir>/scripts",
        "<rootDir>/fuzz",
      ],
      testMatch: ["**/*.test.ts"],
      transform,
      moduleNameMapper,
    },
    {
      displayName: "plugin",
      testEnvironment: "jsdom",
      roots: ["<rootDir>/plugin/src"],
      testMatch: ["**/*.test.{ts,tsx}"],
      setupFilesAfterEnv: ["<rootDir>/plugin/testing/setup.ts"],
      transform: { ...transform, "^.+\\.m?js$": transform["^.+\\.(ts|tsx)$"] },
      transformIgnorePatterns: [`/node_modules/(?!(?:.*/)?(?:${esModules.join("|")})/)`],
      moduleNameMapper: {
        ...moduleNameMapper,
        "\\.css$": "<rootDir>/plugin/testing/style.cjs",
        "^react-inlinesvg$": "<rootDir>/plugin/testing/inline-svg.tsx",
      },
    },
    {
      displayName: "e2e",
      testEnvironment: "node",
      roots: ["<rootDir>/e2e"],
      testMatch: ["**/*.e2e.ts"],
      transform,
      moduleNameMapper,
    },
  ],
};
