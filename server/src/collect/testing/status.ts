/** A status in which nothing has happened; tests override what they are about. */
import { createSpoolWriter, spoolConfigSchema } from "../../spool/index.ts";
import type { CollectorStatus } from "../status.ts";
import { TcpConnections } from "../tcp-connections.ts";
import { collectorConfigSchema } from "../config.ts";

export function collectorStatus(overrides: Partial<CollectorStatus> = {}): CollectorStatus {
  const nothing = { onMessage: () => undefined, onClose: () => undefined };
  const connections = new TcpConnections(collectorConfigSchema.parse({}).tcp, nothing, () => 0);
  const none = { datagrams: 0, bytes: 0, connections: 0 };
  return {
    ...{ type: "status", version: 5, collector: "lab", startedMs: 0, atMs: 0, exporters: [], exporterCount: 0, listening: [] },
    host: null,
    givenUp: { sessions: 0, templates: 0, facts: 0, connections: 0, elements: 0 },
    tcp: { ...connections.stats(), listening: [] },
    spool: createSpoolWriter({ config: spoolConfigSchema.parse({}), folder: "/nowhere", collector: "lab", bootMs: 0 }).stats(),
    refused: { ...none, sources: [], rest: none },
    ...overrides,
  };
}
