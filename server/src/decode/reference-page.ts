/** docs/reference/elements.md, made from the tables that the decoder reads by. */
import { FIELDS, type FieldName } from "@sillage/model";
import { REGISTRY_COLUMNS } from "./element-columns.ts";
import { elementKey, findElement } from "./elements/element-names.ts";
import { ENTERPRISES } from "./elements/enterprise-elements.ts";
import { IANA_ELEMENTS } from "./elements/iana-elements.ts";
import { NETFLOW9_ELEMENTS, type ElementNumber } from "./elements/netflow9-elements.ts";
import { fixedPlans } from "./fixed-records.ts";
import { TIME_ELEMENTS } from "./time-plan.ts";
import { BOOT_MS, OBSERVATION_DOMAIN, OPTIONS_TABLES, STATISTICS, TEMPLATE_ID } from "./options-tables.ts";
import { SECTION_ELEMENTS } from "./packet-section.ts";
import { SAMPLING_ELEMENTS } from "./record-sampling.ts";
import { LIST_ELEMENTS } from "./structured-lists.ts";

const INTRODUCTION = `<!-- Generated from server/src/decode by scripts/generate.ts; do not edit. -->

# What is read of each protocol

[Protocols](../protocols.md) tells the rules; this page lists which field of which protocol fills which column of a flow
([fields](fields.md) says what the columns mean), and which elements are known and not kept. What an exporter sends and nothing here reads is
skipped by its length and counted; [elements.yaml](../elements.md) makes columns of it.`;

const FIXED_VERSIONS = [1, 5, 6, 7, 8] as const;

const code = (text: string): string => `\`${text}\``;
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");

export function elementsPage(): string {
  return `${[INTRODUCTION, columnsSection(), ianaSection(), netflow9Section(), vendorsSection()].join("\n\n")}\n`;
}

function columnsSection(): string {
  const byVersion = FIXED_VERSIONS.map((version) => elementsOfVersion(version));
  const rows = FIELDS.flatMap(({ name, sflow = "" }) => {
    const elements = REGISTRY_COLUMNS.columns.find((column) => column.name === name)?.elements ?? [];
    if (elements.length === 0 && sflow === "") return [];
    const fixed = byVersion.map((ids) => (elements.some(({ enterprise, id }) => enterprise === 0 && ids.has(id)) ? "yes" : ""));
    return [[code(name), ...fixed, elements.map(elementText).join(", "), sflow]];
  });
  return `## Columns by protocol

Columns that the datagram tells for all its records (who sent it, when, by which protocol) are left out. *v8*: some of its 14 aggregations have
it. Elements stand in order of preference: the next is read where those before it are zero or empty.

${table(["Column", ...FIXED_VERSIONS.map((version) => `v${version}`), "NetFlow v9, IPFIX", "sFlow v5"], rows)}`;
}

function elementsOfVersion(version: number): ReadonlySet<number> {
  return new Set(fixedPlans(version).flatMap(({ layout }) => layout.fields.map(({ id }) => id)));
}

function elementText({ enterprise, id }: ElementNumber): string {
  const name = findElement(enterprise, id)?.name;
  return `${enterprise === 0 ? "" : `${enterprise}.`}${id}${name === undefined ? "" : ` ${name}`}`;
}

/** What becomes of an element besides columns. */
const OTHER_USES: readonly (readonly [ids: readonly number[], use: string])[] = [
  [[0, 210], "padding"],
  [TIME_ELEMENTS, "times"],
  [SAMPLING_ELEMENTS, "sampling rate"],
  [SECTION_ELEMENTS, "packet section"],
  [OPTIONS_TABLES.flatMap(({ keys, names, descriptions, values }) => [...keys, ...names, ...descriptions, ...values]), "options"],
  [[...STATISTICS, TEMPLATE_ID, OBSERVATION_DOMAIN, BOOT_MS], "options"],
];

function usesOf(enterprise: number, id: number): string[] {
  const columns = REGISTRY_COLUMNS.columns.filter(({ elements }) => elements.some((one) => one.enterprise === enterprise && one.id === id));
  const uses = columns.map(({ name }: { readonly name: FieldName }) => code(name));
  if (enterprise === 0) uses.push(...OTHER_USES.filter(([ids]) => ids.includes(id)).map(([, use]) => use));
  if (LIST_ELEMENTS.has(elementKey(enterprise, id))) uses.push("what is in the list");
  return [...new Set(uses)];
}

type Described = readonly [id: number, name: string, type?: string, unit?: string];

/** A table of what is read, then a paragraph of what is known by name only. */
function readAndIgnored(enterprise: number, elements: readonly Described[]): string {
  const described = elements.map(([id, name, type = "", unit]) => ({ id, name, type, unit, uses: usesOf(enterprise, id) }));
  const read = described.filter(({ uses }) => uses.length > 0);
  const ignored = described.filter(({ uses }) => uses.length === 0);
  const rows = read.map(({ id, name, type, unit, uses }) => [
    String(id),
    code(name),
    unit === undefined ? type : `${type}, ${unit}`,
    uses.join(", "),
  ]);
  const parts = read.length === 0 ? [] : [table(["Id", "Name", "Type", "Read into"], rows)];
  if (ignored.length > 0) parts.push(`Known and not kept in records: ${ignored.map(({ id, name }) => `${id} ${name}`).join(", ")}.`);
  return parts.join("\n\n");
}

function ianaSection(): string {
  return `## Elements of IANA

*options*: read in options records. Options keep what else they say of the thing they name, whatever it is.

${readAndIgnored(0, IANA_ELEMENTS)}`;
}

function netflow9Section(): string {
  return `## Field types of NetFlow v9

Those below 128 are IANA's. Vendors have taken these numbers besides; types from 57472 on are ntop's elements (35632) plus 57472, types of Cisco
from 32768 on its elements (9) plus 32768.

${readAndIgnored(0, NETFLOW9_ELEMENTS)}`;
}

function vendorsSection(): string {
  const vendors = Object.entries(ENTERPRISES).filter(([, { elements }]) => elements.length > 0);
  const sections = vendors.map(
    ([enterprise, { vendor, elements }]) => `### ${vendor} (${enterprise})\n\n${readAndIgnored(Number(enterprise), elements)}`,
  );
  return `## Elements of vendors

The reverse elements of RFC 5103 (29305) and those of CERT (number + 16384) are read where a record has a reverse counter.

${sections.join("\n\n")}`;
}
