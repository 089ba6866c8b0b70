/** docs/protocols.md names every cause and kind with the words of the source. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_LIMITS, DROP_CAUSES, SKIP_KINDS } from "./index.ts";

const page = readFileSync(join(__dirname, "../../../docs/protocols.md"), "utf8");

describe("docs/protocols.md", () => {
  it.each(Object.entries({ ...DROP_CAUSES, ...SKIP_KINDS }))("says what %s counts", (name, counts) => {
    expect(page).toContain(`| \`${name}\` | ${counts} |`);
  });

  it.each([
    ["sessions", DEFAULT_LIMITS.maxSessions],
    ["templates a session", DEFAULT_LIMITS.maxTemplatesPerSession],
    ["in all, 1,000 fields", DEFAULT_LIMITS.maxTemplates],
    ["fields a\ntemplate", DEFAULT_LIMITS.maxFieldsPerTemplate],
    ["in all (layouts", DEFAULT_LIMITS.maxTemplateFields],
    ["ignored elements a\nsession", DEFAULT_LIMITS.maxIgnoredElementsPerSession],
    ["in all, 4,096", DEFAULT_LIMITS.maxIgnoredElements],
    ["sFlow sources a session", DEFAULT_LIMITS.maxSampleSourcesPerSession],
    ["in all, 16,384", DEFAULT_LIMITS.maxSampleSources],
    ["facts of a kind", DEFAULT_LIMITS.maxFactsOfKind],
    ["MiB of facts", DEFAULT_LIMITS.maxFactBytes / 2 ** 20],
  ])("gives the limit of %s", (words, limit) => {
    expect(page).toContain(`${limit.toLocaleString("en")} ${words}`);
  });
});
