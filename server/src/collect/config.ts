/** Options of the collector: where it listens and what it is called. */
import { z } from "zod";
import { network, port, size } from "../config/index.ts";
import { PRIVATE } from "./source-table.ts";

const listenSchema = z.strictObject({
  host: z.string().min(1).default("::").describe("Address to listen on. `::` is every address, IPv4 and IPv6."),
  port: port().describe("UDP port. Every protocol is understood on every port."),
});

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
    .describe("UDP sockets. By convention 2055 is NetFlow, 4739 IPFIX and 6343 sFlow."),
  allow: z
    .array(network([PRIVATE]))
    .min(1, "expected at least one network")
    .default([PRIVATE])
    .describe(
      "Who may send: networks and addresses. The word `private` stands for loopback, link-local, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and fc00::/7. What others send is not decoded, only counted; the log names each of them once, with the line to add.",
    ),
  receiveBuffer: size({ min: "64KiB", max: "1GiB" })
    .prefault("32MiB")
    .describe(
      "Kernel memory asked for each socket, for bursts. Linux grants at most `net.core.rmem_max`; the log says so when it is less.",
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
