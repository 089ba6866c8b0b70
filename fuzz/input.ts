/** What a fuzzed conversation is made of, and the file it is kept in when it finds something. */
import { parseAddress } from "../server/src/flow/index.ts";
import type { DatagramContext, DecoderLimits } from "../server/src/decode/index.ts";

/** One datagram, or one piece of an IPFIX stream over TCP, and its envelope. */
export interface Input {
  /** A piece without bytes is the end of its connection. */
  readonly bytes: Uint8Array;
  /** TCP: number of the connection; 0: a datagram. */
  readonly connection: number;
  /** Text of the UDP source address. */
  readonly source: string;
  readonly port: number;
  readonly receivedMs: number;
}

/** The decoder and the batch that a conversation is decoded with. */
export interface Setup {
  /** Small caps are reached within a round. */
  readonly limits: "default" | "small";
  readonly clampTimes: boolean;
  readonly sumCounters: boolean;
  /** Capacity of the batch. */
  readonly rows: number;
  /** The operator has told a sampling rate for every exporter and interface, and declared elements. */
  readonly hasOperator: boolean;
  /** A sink that does not empty its batch when it is asked to. */
  readonly isStubborn: boolean;
}

export interface Conversation {
  readonly setup: Setup;
  readonly inputs: readonly Input[];
}

export const SMALL_LIMITS: Partial<DecoderLimits> = {
  maxSessions: 24,
  maxTemplatesPerSession: 30,
  maxTemplates: 200,
  maxTemplateFields: 4_000,
  maxFieldsPerTemplate: 200,
  maxWaitingBytesPerSession: 4_096,
  maxWaitingBytes: 16_384,
  maxIgnoredElementsPerSession: 20,
  maxIgnoredElements: 64,
  maxSampleSourcesPerSession: 8,
  maxSampleSources: 32,
  maxFactsOfKind: 16,
  maxFactBytes: 16_384,
  maxConnectionsPerSession: 16,
  maxConnections: 64,
};

const addresses = new Map<string, Uint8Array>();

export function contextOf({ source, port, receivedMs }: Input): DatagramContext {
  let address = addresses.get(source);
  if (!address) addresses.set(source, (address = parseAddress(source)));
  return { source: address, sourcePort: port, receivedMs };
}

/** One datagram or piece a line: source, port, number of the TCP connection or 0, epoch ms, bytes in hexadecimal. Lines that begin with # are for people. */
export function formatConversation({ setup, inputs }: Conversation, why: string): string {
  const lines = inputs.map(
    ({ bytes, source, port, connection, receivedMs }) =>
      `${source} ${port} ${connection} ${receivedMs} ${Buffer.from(bytes).toString("hex")}`,
  );
  return [`# ${why.replaceAll("\n", " ")}`, `setup ${JSON.stringify(setup)}`, ...lines, ""].join("\n");
}

export function parseConversation(text: string): Conversation {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const [head = "", ...rest] = lines;
  if (!head.startsWith("setup ")) throw new Error("a conversation begins with its setup");
  const inputs = rest.map((line): Input => {
    const [source = "", port = "", connection = "", receivedMs = "", hex = ""] = line.split(" ");
    const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
    return { source, port: Number(port), connection: Number(connection), receivedMs: Number(receivedMs), bytes };
  });
  return { setup: JSON.parse(head.slice("setup ".length)) as Setup, inputs };
}
