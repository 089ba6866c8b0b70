/** Files that are made from others and committed, so that nobody needs the generator to build or to read them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildParserFile } from "@lezer/generator";
import { configPage, metricsPage } from "./operation-pages.ts";
import { fieldsPage, filterWordsPage } from "./reference-pages.ts";
import { sizingPage } from "./sizing-page.ts";
import { elementsPage } from "../server/src/decode/reference-page.ts";
import { tablesPage } from "../server/src/store/schema/reference-page.ts";

export interface GeneratedFile {
  /** Relative to the repository's root. */
  readonly path: string;
  readonly text: string;
}

const FILTER = "model/src/filter";

function parserFiles(root: string): GeneratedFile[] {
  const grammar = readFileSync(join(root, FILTER, "filter.grammar"), "utf8");
  const { parser, terms } = buildParserFile(grammar, { fileName: "filter.grammar", typeScript: true, exportName: "filterParser" });
  return [
    { path: `${FILTER}/filter-parser.generated.ts`, text: `${parser}\n` },
    { path: `${FILTER}/filter-terms.generated.ts`, text: `${terms}\n` },
  ];
}

/** Every generated file as it should be now. */
export function generatedFiles(root: string): GeneratedFile[] {
  return [
    ...parserFiles(root),
    { path: "docs/reference/fields.md", text: fieldsPage() },
    { path: "docs/reference/elements.md", text: elementsPage() },
    { path: "docs/reference/filter-words.md", text: filterWordsPage() },
    { path: "docs/reference/config.md", text: configPage() },
    { path: "docs/reference/metrics.md", text: metricsPage() },
    { path: "docs/reference/sizing.md", text: sizingPage() },
    { path: "docs/reference/tables.md", text: tablesPage() },
  ];
}
