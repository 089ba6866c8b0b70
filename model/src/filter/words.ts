/**
 * The words of the filter language. Words that test a column come from the field registry (`filterWords`, `side`), so a new column is
 * a new word without a line here; words that are not a column (`any`, `ipv4`, `tcp`) are listed below.
 */
import { FIELDS, type FieldName, type Side } from "../fields.ts";
import { protocolNumber } from "../names.ts";
import type { Predicate } from "../predicate.ts";
import type { Sides } from "./ast.ts";
import { operandOf, type Operand } from "./operand.ts";

export interface WordColumn {
  readonly field: FieldName;
  readonly side?: Side;
}

interface WordBase {
  /** Preferred spelling: the one that is printed. */
  readonly word: string;
  /** Every spelling, lower case, words separated by one blank. */
  readonly spellings: readonly string[];
  readonly doc: string;
}

/** A test by itself. */
export interface ConstantWord extends WordBase {
  readonly kind: "constant";
  readonly predicate: Predicate;
}
/** libpcap's short form of `proto NAME`. */
export interface ProtocolWord extends WordBase {
  readonly kind: "protocol";
  readonly proto: number;
}
export interface NumberWord extends WordBase {
  readonly kind: "number";
  readonly columns: readonly WordColumn[];
  readonly operand: Operand;
  /** What the test implies besides (`icmp type` is only there in ICMP). */
  readonly guard?: Predicate;
}
export interface AddressWord extends WordBase {
  readonly kind: "address";
  readonly columns: readonly WordColumn[];
  /** Spelling that takes a network: `net` beside `ip`. */
  readonly netWord: string;
}
export interface FlagsWord extends WordBase {
  readonly kind: "flags";
}

export type FilterWord = ConstantWord | ProtocolWord | NumberWord | AddressWord | FlagsWord;

const IS_ICMP: Predicate = { kind: "in", field: "proto", values: [1, 58] };

/** What `flags` implies, nfdump's rule. */
export const FLAGS_GUARD: Predicate = { kind: "compare", field: "proto", op: "=", value: 6 };
/** Numeric tests that only mean something for some protocols, nfdump's rule. */
const GUARDS: Partial<Record<FieldName, Predicate>> = { icmp_type: IS_ICMP, icmp_code: IS_ICMP };

const family = (version: number): Predicate => ({ kind: "compare", field: "ip_version", op: "=", value: version });

const CONSTANTS: readonly ConstantWord[] = [
  { kind: "constant", word: "any", spellings: ["any"], predicate: { kind: "true" }, doc: "Every record." },
  { kind: "constant", word: "ipv4", spellings: ["ipv4", "inet"], predicate: family(4), doc: "Records with IPv4 addresses." },
  { kind: "constant", word: "ipv6", spellings: ["ipv6", "inet6", "ip6"], predicate: family(6), doc: "Records with IPv6 addresses." },
];

const PROTOCOLS: readonly ProtocolWord[] = ["tcp", "udp", "icmp", "icmp6", "sctp"].map((name) => ({
  kind: "protocol",
  word: name,
  spellings: [name],
  proto: protocolNumber(name) ?? 0,
  doc: `Short for proto ${name}.`,
}));

interface DescribedColumn extends WordColumn {
  readonly doc: string;
  readonly label: string;
}

function columnWords(): FilterWord[] {
  const columnsOf = new Map<string, DescribedColumn[]>();
  for (const { name, side, filterWords, doc, label } of FIELDS) {
    for (const word of filterWords ?? []) {
      const columns = columnsOf.get(word) ?? [];
      columns.push({ field: name, doc, label, ...(side === undefined ? {} : { side }) });
      columnsOf.set(word, columns);
    }
  }
  // Spellings of the same columns are one word.
  const groups = new Map<string, { spellings: string[]; columns: DescribedColumn[] }>();
  for (const [word, columns] of columnsOf) {
    const key = columns.map((column) => column.field).join(" ");
    const group = groups.get(key);
    if (group) group.spellings.push(word);
    else groups.set(key, { spellings: [word], columns });
  }
  return [...groups.values()].map(({ spellings, columns }) => columnWord(spellings, columns));
}

function columnWord(spellings: readonly string[], described: readonly DescribedColumn[]): FilterWord {
  const word = spellings[0]!;
  const { field, doc: firstDoc } = described[0]!;
  const columns = described.map(({ field: name, side }) => ({ field: name, ...(side === undefined ? {} : { side }) }));
  const base = { word, spellings, doc: described.length === 1 ? firstDoc : eitherOf(described) };
  if (field === "tcp_flags") return { ...base, kind: "flags" };
  const netWord = spellings.find((spelling) => /\bnet$/.test(spelling));
  if (netWord !== undefined) return { ...base, kind: "address", columns, netWord };
  const guard = GUARDS[field];
  return { ...base, kind: "number", columns, operand: operandOf(field), ...(guard === undefined ? {} : { guard }) };
}

/** `Source port or destination port.` */
function eitherOf([first, ...others]: readonly DescribedColumn[]): string {
  return [first?.label, ...others.map(({ label }) => label.charAt(0).toLowerCase() + label.slice(1))].join(" or ") + ".";
}

/** Every word, in the order of the registry, words that are no column first. */
export const FILTER_WORDS: readonly FilterWord[] = [...CONSTANTS, ...PROTOCOLS, ...columnWords()];

const bySpelling = new Map(FILTER_WORDS.flatMap((word) => word.spellings.map((spelling) => [spelling, word] as const)));

/** Words of a spelling that may not be used alone, such as `next` of `next ip`. `any` and `none` follow `flags`. */
const nameParts = new Set(["none", ...[...bySpelling.keys()].flatMap((spelling) => spelling.split(" "))]);

/** Most parts of a spelling. */
const MAX_PARTS = 3;

/** Is it part of a word's spelling? For highlighting and for the grammar. */
export function isNamePart(lower: string): boolean {
  return nameParts.has(lower);
}

/** What to write instead of a word that people know from nfdump or tcpdump and that is not part of this language. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  dscp: "write tos with the whole byte: dscp 46 is tos 184",
  portrange: "write port 80-90",
  greater: "filters see flows, not packets: bytes counts the whole flow",
  less: "filters see flows, not packets: bytes counts the whole flow",
  ether: "write mac for an Ethernet address",
  gateway: "write next ip for the next hop",
};

export function unsupportedHint(lower: string): string | undefined {
  return Object.hasOwn(UNSUPPORTED, lower) ? UNSUPPORTED[lower] : undefined;
}

/** The word of exactly this spelling (lower case). */
export function findWord(spelling: string): FilterWord | undefined {
  return bySpelling.get(spelling);
}

/** Longest spelling at the beginning of `parts` (lower case) and the number of parts it takes. */
export function matchWord(
  parts: readonly string[],
): { readonly word: FilterWord; readonly spelling: string; readonly length: number } | undefined {
  for (let length = Math.min(MAX_PARTS, parts.length); length > 0; length -= 1) {
    const spelling = parts.slice(0, length).join(" ");
    const word = bySpelling.get(spelling);
    if (word) return { word, spelling, length };
  }
  return undefined;
}

/** Words that can follow `parts` on the way to a spelling: `type`, `code` after `icmp`. */
export function continuations(parts: readonly string[]): string[] {
  const next = new Set<string>();
  for (const spelling of bySpelling.keys()) {
    const split = spelling.split(" ");
    const following = split[parts.length];
    if (following !== undefined && parts.every((part, i) => part === split[i])) next.add(following);
  }
  return [...next];
}

/** Directions a word accepts. */
export function sidesOf(word: FilterWord): readonly Side[] {
  if (word.kind !== "number" && word.kind !== "address") return [];
  return [...new Set(word.columns.flatMap(({ side }) => (side === undefined ? [] : [side])))];
}

/** Columns that a test with these sides reads; empty when the word has no such side. */
export function columnsOf(word: NumberWord | AddressWord, sides: Sides): readonly FieldName[] {
  const chosen = sides === "either" || sides === "both" ? word.columns : word.columns.filter((column) => column.side === sides);
  return chosen.map((column) => column.field);
}
