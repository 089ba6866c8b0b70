/**
 * How the value after a numeric word is written: read, printed, and offered by completion. Which operand a column takes follows from
 * its kind; the few with names or units of their own are listed at the end.
 */
import { field, isVariableKind, type FieldName } from "../fields.ts";
import { PROTOCOL_NAMES, PROTOCOL_WORDS, protocolNumber, SERVICE_NAMES, SERVICE_WORDS, servicePort } from "../names.ts";
import type { FilterNumber } from "./ast.ts";
import { nearest } from "./nearest.ts";
import { formatCount, formatMac, parseDuration, parseMac, parseNumber } from "./number-text.ts";
import { isProblem, type Problem, type ReadValue } from "./problem.ts";

export interface Operand {
  /** What is wanted, for messages: "a port number or service name". */
  readonly wanted: string;
  readonly example: string;
  /** Can be compared with < and >, and given as a range; otherwise only equality makes sense. */
  readonly ordered: boolean;
  readonly max: bigint;
  read(text: string): ReadValue | Problem;
  print(value: FilterNumber): string;
  /** Names that may stand for a value, with what they mean. */
  readonly names: readonly { readonly name: string; readonly detail: string }[];
}

interface OperandRules {
  readonly wanted: string;
  readonly example: string;
  readonly ordered?: boolean;
  readonly max: bigint;
  readonly parse?: (text: string) => ReadValue | Problem | undefined;
  readonly print?: (value: FilterNumber) => string;
  readonly names?: Operand["names"];
}

/** An operand that reads a number, or what `parse` makes of the text first. */
function makeOperand({ wanted, example, ordered = true, max, parse, print = String, names = [] }: OperandRules): Operand {
  const check = (result: ReadValue, text: string): ReadValue | Problem =>
    BigInt(result.value) <= max ? result : { message: `${text} is out of range`, hint: `the largest value is ${max}` };
  return {
    wanted,
    example,
    ordered,
    max,
    print,
    names,
    read(text) {
      const special = parse?.(text);
      if (special !== undefined) return isProblem(special) ? special : check(special, text);
      const number = parseNumber(text);
      if (typeof number === "object") return { message: `${text} is not ${wanted}`, hint: number.hint ?? `for instance ${example}` };
      return check({ value: number }, text);
    },
  };
}

/** Reads a name with `find`; a word that is none gets the nearest name as a suggestion. */
function parseName(
  find: (name: string) => number | undefined,
  words: readonly string[],
  wanted: string,
): NonNullable<OperandRules["parse"]> {
  return (text) => {
    const value = find(text);
    if (value !== undefined) return { value };
    if (/^\d/.test(text)) return undefined;
    const meant = nearest(text, words);
    return {
      message: `${text} is not ${wanted}`,
      hint: meant === undefined ? "write its number" : `did you mean ${meant}?`,
      expected: meant === undefined ? undefined : [meant],
    };
  };
}

/** Offered first. */
const COMMON_PROTOCOLS: readonly string[] = ["tcp", "udp", "icmp", "icmp6", "gre", "esp", "sctp"];

const protocols = makeOperand({
  wanted: "a protocol name or number",
  example: "proto tcp",
  ordered: false,
  max: 255n,
  parse: parseName(protocolNumber, PROTOCOL_WORDS, "a protocol"),
  print: (value) => PROTOCOL_NAMES.get(Number(value)) ?? String(value),
  names: [...COMMON_PROTOCOLS, ...PROTOCOL_WORDS.filter((name) => !COMMON_PROTOCOLS.includes(name))].map((name) => ({
    name,
    detail: `protocol ${protocolNumber(name) ?? ""}`,
  })),
});

const ports = makeOperand({
  wanted: "a port number or service name",
  example: "port 443",
  max: 65535n,
  parse: parseName(servicePort, SERVICE_WORDS, "a service"),
  names: [...SERVICE_NAMES].map(([port, name]) => ({ name, detail: `port ${port}` })),
});

const durations = makeOperand({ wanted: "a number of milliseconds", example: "duration > 60s", max: 2n ** 64n - 1n, parse: parseDuration });

const macs = makeOperand({
  wanted: "a MAC address",
  example: "mac 00:1b:54:aa:bb:cc",
  ordered: false,
  max: 2n ** 48n - 1n,
  parse: parseMac,
  print: formatMac,
});

const DIRECTIONS = ["ingress", "egress"];
const flowDirections = makeOperand({
  wanted: "ingress or egress",
  example: "flowdir egress",
  ordered: false,
  max: 1n,
  parse: parseName(
    (name) => (DIRECTIONS.includes(name.toLowerCase()) ? DIRECTIONS.indexOf(name.toLowerCase()) : undefined),
    DIRECTIONS,
    "ingress or egress",
  ),
  print: (value) => DIRECTIONS[Number(value)] ?? String(value),
  names: DIRECTIONS.map((name) => ({ name, detail: "where the exporter observed the flow" })),
});

const BITS = { u8: 8n, u16: 16n, u32: 32n, u64: 64n, enum8: 8n, mac: 48n, time: 64n } as const;

/** Operand of a numeric column. */
export function operandOf(name: FieldName): Operand {
  const { kind, unit } = field(name);
  if (name === "proto") return protocols;
  if (name === "src_port" || name === "dst_port" || name === "svc_port") return ports;
  if (name === "flow_direction") return flowDirections;
  if (unit === "ms") return durations;
  if (kind === "mac") return macs;
  if (kind === "ip" || isVariableKind(kind)) throw new Error(`${name} is not numeric`);
  const max = 2n ** BITS[kind] - 1n;
  if (unit !== undefined) return makeOperand({ wanted: `a number of ${unit}`, example: `${unit} > 10k`, max, print: formatCount });
  return makeOperand({ wanted: `a number from 0 to ${max}`, example: "1", max });
}
