/** Three kinds of tests: `unit` beside the sources, `plugin` in a DOM, `e2e` with real processes and other people's exporters. */
const transform = {
  "^.+\\.(ts|tsx)$": [
    "@swc/jest",
    { jsc: { parser: { syntax: "typescript", tsx: true }, target: "es2022", transform: { react: { runtime: "automatic" } } }, module: { type: "commonjs" } },
  ],
};
const moduleNameMapper = { "^@sillage/model$": "<rootDir>/model/src/index.ts" };

/** @type {import("jest").Config} */
module.exports = {
  testTimeout: 60_000,
  projects: [
    {
      displayName: "unit",
      testEnvironment: "node",
      roots: ["<rootDir>/model/src", "<rootDir>/server/src", "<rootDir>/dashboards/src", "<rootDir>/scripts"],
      testMatch: ["**/*.test.ts"],
      transform,
      moduleNameMapper,
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
