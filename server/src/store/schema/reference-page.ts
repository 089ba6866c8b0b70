/** docs/reference/tables.md, made from the tables as the store creates them. */
import { SEGMENT_TABLES, TABLES, ROLLUP_TABLES } from "./tables.ts";
import { ROLLUPS } from "@sillage/model";
import type { ColumnSpec, TableSpec } from "./table-spec.ts";

export function tablesPage(): string {
  return `${["# Tables", INTRODUCTION, ...TABLES.map(tableSection)].join("\n\n")}\n`;
}

const INTRODUCTION = `<!-- Generated from model/src/fields.ts, model/src/tables.ts and server/src/store/schema/tables.ts by scripts/generate.ts; do not edit. -->

All tables are in the database \`sillage\` (option \`store.database\`). Times are UTC. Rows leave a table in whole partitions when they are
older than its retention (option \`store.retention\`). Counts of flows are \`sum(flows)\`, never \`count()\`: a row may stand for several.
A value that an exporter did not send is 0, \`::\` or empty; where 0 is a real value, a bit of \`present\` tells ([fields](fields.md)).`;

function tableSection(table: TableSpec): string {
  const rollup = ROLLUPS.find((r) => r.table === table.name);
  const view = ROLLUP_TABLES.find((r) => r.name === table.name)?.view;
  const facts = [
    `Engine: \`${table.engine}\``,
    `partition: \`${table.partitionBy}\``,
    `kept ${table.retentionDays} days`,
    ...(view === undefined ? [] : [`filled from \`flows\` by \`${view}\``]),
    ...(SEGMENT_TABLES.includes(table) ? ["filled by the collectors"] : []),
  ];
  return [
    `## ${table.name}`,
    `${table.doc} ${facts.join("; ")}.`,
    `Sorted by \`${table.orderBy.join("`, `")}\`.`,
    ...(rollup === undefined
      ? []
      : [
          `Answers exactly, by any of its keys: ${rollup.measures.map((measure) => `\`${measure}\``).join(", ")} (distinct counts are estimates).`,
        ]),
    ...(table.indexes ?? []).map(({ column, type, doc }) => `Skip index on \`${column}\` (\`${type}\`): ${doc}`),
    ["| Column | Type | What it is |", "|---|---|---|", ...table.columns.map(columnRow)].join("\n"),
  ].join("\n\n");
}

function columnRow({ name, type, doc, defaultSql, aliasSql }: ColumnSpec): string {
  const made = defaultSql !== undefined ? " Computed at insert." : aliasSql !== undefined ? " Computed when it is read." : "";
  return `| \`${name}\` | ${type.replaceAll("|", "\\|")} | ${doc.replaceAll("|", "\\|")}${made} |`;
}
