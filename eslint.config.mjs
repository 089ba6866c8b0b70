import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import unicorn from "eslint-plugin-unicorn";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["**/node_modules/", "**/dist/", "**/data/", "**/*.generated.ts", "plugin/.config/", "**/*.cjs", "tmp/"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { unicorn },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // The hot path reads typed arrays by an index that the loop's bound already proves.
      "@typescript-eslint/no-non-null-assertion": "off",
      "max-params": "off",
      "@typescript-eslint/max-params": ["error", { max: 4 }],
      "no-console": "error",
      "unicorn/filename-case": ["error", { cases: { kebabCase: true, pascalCase: true, camelCase: true } }],
    },
  },
  {
    files: ["model/src/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["node:*", "fs", "path", "@sillage/server", "**/server/**"],
              message: "model runs in the browser: pass what you need as a parameter.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["plugin/src/**/*.{ts,tsx}", "preview/src/**/*.{ts,tsx}", "dashboards/src/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["@sillage/server", "**/server/src/**"],
              message: "Talk to the server over its HTTP API; share types through @sillage/model.",
            },
          ],
        },
      ],
    },
  },
  { files: ["plugin/src/**/*.{ts,tsx}", "preview/src/**/*.{ts,tsx}"], ...reactHooks.configs.flat.recommended },
  {
    // Tests and commands print, and read loosely typed answers.
    files: ["**/*.test.{ts,tsx}", "**/*.e2e.ts", "**/testing/**", "e2e/**", "bench/**", "fuzz/**"],
    rules: {
      "no-console": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  { files: ["preview/public/*.js"], languageOptions: { globals: { window: "readonly", document: "readonly" } } },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly", setTimeout: "readonly", fetch: "readonly" } },
  },
);
