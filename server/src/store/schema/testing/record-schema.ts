/**
 * Writes schema-N.sql, what the program of today runs on an empty database, N being its schema. Run it before a step is added, so that stores
 * of this schema can be tested later: `npx tsx server/src/store/schema/testing/record-schema.ts`.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { migrate } from "../migrations.ts";
import { TABLES } from "../tables.ts";

/** Test flows have fixed dates; with the default days they would be gone at once. */
const KEEP_DAYS = 7_300;
/** Their retention is no option. */
const FIXED = ["exporters", "exporter_options", "ignored_elements"];

async function record(): Promise<void> {
  const statements: string[] = [];
  const version = await migrate(
    { command: (sql) => Promise.resolve(void statements.push(sql)), rows: () => Promise.resolve([]) },
    {
      retention: Object.fromEntries(TABLES.filter(({ name }) => !FIXED.includes(name)).map(({ name }) => [name, KEEP_DAYS])),
      dictionaries: { database: "sillage" },
    },
  );
  // Dictionaries and their tables are made anew at every start.
  const own = statements.filter((sql) => !/^CREATE (OR REPLACE DICTIONARY|TABLE IF NOT EXISTS `\w+_(source|next)`)/.test(sql));
  writeFileSync(path.join(__dirname, `schema-${version}.sql`), own.map((sql) => `${sql};\n`).join("\n"));
}

void record();
