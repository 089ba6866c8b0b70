/** Reference pages made from the field registry and the word table, so that they cannot disagree with the program. */
import {
  clickhouseType,
  FIELDS,
  FILTER_CODES,
  FILTER_WORDS,
  filterWordSides,
  ICMP6_TYPES,
  ICMP_TYPES,
  PROTOCOL_NAMES,
  SERVICE_NAMES,
  type Field,
  type FieldGroup,
  type FilterWord,
} from "@sillage/model";

const NOTE = "<!-- Made by `npm run generate`; do not edit. -->";

const GROUP_TITLES: Readonly<Record<FieldGroup, string>> = {
  time: "Time",
  exporter: "Exporter",
  address: "Addresses",
  service: "Protocol and ports",
  volume: "Volume",
  interface: "Interfaces",
  routing: "Routing",
  link: "Link layer",
  nat: "Address translation",
  event: "Firewall and NAT events",
  tunnel: "Tunnels",
  application: "Applications",
  sampling: "Sampling",
};

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const code = (text: string): string => (text === "" ? "" : `\`${text}\``);
const codes = (texts: readonly string[]): string => texts.map(code).join(", ");

function unknownText({ unknown }: Field): string {
  if (unknown.kind === "never") return "never";
  if (unknown.kind === "bit") return `bit ${unknown.bit} of \`present\``;
  return code(unknown.value === "" ? "''" : String(unknown.value));
}

function sourceText({ elements, enterpriseElements, netflow5, sflow, defaultSql, aliasSql }: Field): string {
  const parts = [
    elements && `IE ${elements.join(", ")}`,
    enterpriseElements && enterpriseElements.map((pair) => pair.join(".")).join(", "),
    netflow5 && `v5 ${netflow5}`,
    sflow && `sFlow ${sflow}`,
  ];
  if (defaultSql !== undefined) parts.push("computed at insert");
  if (aliasSql !== undefined) parts.push("computed at query time");
  return parts.filter((part) => part !== undefined).join("; ");
}

export function fieldsPage(): string {
  const groups = [...new Set(FIELDS.map(({ group }) => group))];
  const sections = groups.map((group) => {
    const rows = FIELDS.filter((field) => field.group === group).map((field) => [
      code(field.name) + (field.dimension === true ? " *" : ""),
      clickhouseType(field),
      field.doc,
      unknownText(field),
      sourceText(field),
      codes([...new Set((field.filterWords ?? []).map((word) => (field.side === undefined ? word : `${field.side} ${word}`)))]),
    ]);
    return `## ${GROUP_TITLES[group]}\n\n${table(["Name", "Type", "What", "Unknown", "From", "Filter words"], rows)}`;
  });
  return `${NOTE}
# Fields of a flow

Names are the same in ClickHouse (table \`flows\`), JSON, queries and completion. A star marks fields that a query may group by.
*Unknown* says how "the exporter did not send it" is told from a real value. *From* names the sources in order of preference: information
elements of IPFIX (those below 128 are NetFlow v9's too), the field of NetFlow v5, the place in sFlow v5.

${sections.join("\n\n")}
`;
}

function operandText(word: FilterWord): string {
  switch (word.kind) {
    case "constant":
    case "protocol":
      return "none";
    case "flags":
      return "letters, `=LETTERS`, `any LETTERS`, `none LETTERS`, `SET/EXAMINED`, number";
    case "address":
      return `address; network after ${code(word.netWord)}`;
    case "number":
      return word.operand.wanted;
  }
}

function comparisonText(word: FilterWord): string {
  if (word.kind === "constant" || word.kind === "protocol") return "";
  if (word.kind === "flags") return "`=` `!=`; with numbers all";
  return word.kind === "number" && word.operand.ordered ? "all, ranges, `in [..]`" : "`=` `!=`, `in [..]`";
}

export function filterWordsPage(): string {
  const rows = FILTER_WORDS.map((word) => [
    codes(word.spellings),
    codes(filterWordSides(word)),
    operandText(word),
    comparisonText(word),
    word.kind === "number" || word.kind === "address"
      ? codes(word.columns.map(({ field }) => field))
      : word.kind === "flags"
        ? code("tcp_flags")
        : "",
    word.doc,
  ]);
  const names = (entries: Iterable<readonly [number | string, string]>): string =>
    table(
      ["Number", "Name"],
      [...entries].map(([number, name]) => [String(number), code(name)]),
    );
  return `${NOTE}
# Words of the filter language

[docs/filter.md](../filter.md) explains how they are used. The first spelling of a word is the one that \`sillage filter\` prints.

${table(["Word", "Directions", "Value", "Comparisons", "Columns", "What"], rows)}

## Codes of diagnostics

${table(
  ["Code", "Meaning"],
  Object.entries(FILTER_CODES).map(([name, meaning]) => [code(name), meaning]),
)}

## Protocol names

${names(PROTOCOL_NAMES)}

## Service names

${names(SERVICE_NAMES)}

## ICMP types

Shown in answers; filters take the number (\`icmp type 8\`).

${names(Object.entries(ICMP_TYPES))}

## ICMPv6 types

${names(Object.entries(ICMP6_TYPES))}
`;
}
