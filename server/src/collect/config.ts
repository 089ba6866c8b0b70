/** Options of the collector: where it listens and what it is called. */
import { z } from "zod";
import { duration, network, port, size } from "../config/index.ts";
import { RECEIVE_WAYS } from "./receive-socket.ts";
import { PRIVATE } from "./source-table.ts";

/** IPFIX's port: the one that takes TCP as well, unless it is told otherwise. */
const IPFIX_PORT = 4739;

const listenSchema = z.strictObject({
  host: z.string().min(1).default("::").describe("Address to listen on. `::` is every address, IPv4 and IPv6."),
  port: port().describe("UDP port. Every protocol is understood on every port."),
  tcp: z
    .boolean()
    .optional()
    .describe(`Take IPFIX over TCP on this port too. Without a word: \`true\` for port ${IPFIX_PORT}, \`false\` for any other.`),
});

export type ListenConfig = z.output<typeof listenSchema>;

/** Whether a port takes TCP connections. */
export function takesTcp({ port: number, tcp }: ListenConfig): boolean {
  return tcp ?? number === IPFIX_PORT;
}

const tcpSchema = z.strictObject({
  maxConnections: z
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .describe("Most connections at a time, over all ports; more are closed at once."),
  maxConnectionsPerAddress: z.int().min(1).max(10_000).default(20).describe("Most connections of one address at a time."),
  messageTimeout: duration({ min: "1s", max: "10m" })
    .prefault("30s")
    .describe("Longest a message may take from its first byte to its last; who is slower is disconnected."),
  idleTimeout: duration({ min: "10s", max: "7d" })
    .prefault("1h")
    .describe(
      "Longest silence between two messages; longer than the exporter's slowest timeout, because a closed connection may cost it flows.",
    ),
});

export type TcpConfig = z.output<typeof tcpSchema>;

export const collectorConfigSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9_]{1,32}$/, "expected 1 to 32 lower-case letters, digits and _")
    .default("main")
    .describe(
      "Name of this collector: folder of its spool, and column `collector` of the table `exporters`. Must differ between collectors that share a ClickHouse.",
    ),
  listen: z
    .array(listenSchema)
    .min(1, "expected at least one host and port")
    .prefault([{ port: 2055 }, { port: 4739 }, { port: 6343 }])
    .describe("Ports. By convention 2055 is NetFlow, 4739 IPFIX and 6343 sFlow."),
  allow: z
    .array(network([PRIVATE]))
    .min(1, "expected at least one network")
    .default([PRIVATE])
    .describe(
      "Who may send: networks and addresses. The word `private` stands for loopback, link-local, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and fc00::/7. What others send is not decoded, only counted; the log names each of them once, with the line to add.",
    ),
  forgetAfter: duration({ min: "10m", max: "366d" })
    .prefault("7d")
    .describe(
      "How long an exporter may be silent before its templates and what it told about itself are forgotten. They are kept in the data folder, so a restart decodes the first datagram.",
    ),
  tcp: tcpSchema.prefault({}).describe("Bounds of IPFIX over TCP. For TLS put a terminator such as stunnel in front."),
  receiveBuffer: size({ min: "64KiB", max: "1023MiB" })
    .prefault("32MiB")
    .describe(
      "Kernel memory asked for each socket, for bursts. Linux grants at most `net.core.rmem_max`, and all of it to a collector with CAP_NET_ADMIN that receives in batches; the log says so when it is less.",
    ),
  receive: z
    .enum(RECEIVE_WAYS)
    .default("batches")
    .describe(
      "How datagrams are taken from the kernel: `batches` takes many with one call, at less than half the CPU time, where that works (Linux on x64 or arm64, npm package koffi); elsewhere, and with `single`, one at a time. The status and the log say which it is.",
    ),
  status: z
    .strictObject({
      host: z.string().min(1).default("127.0.0.1").describe("Address of the collector's own page."),
      port: port().default(8056).describe("TCP port of the collector's own page with `/metrics` and `/health`."),
    })
    .prefault({})
    .describe("The collector's own HTTP page: it answers also when the server does not."),
});

export type CollectorConfig = z.output<typeof collectorConfigSchema>;
