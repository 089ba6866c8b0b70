export { ByteWriter } from "./byte-writer.ts";
export { DEMO_PROTOCOLS, DemoExporter, type DemoExporterOptions, type DemoProtocol } from "./demo-exporter.ts";
export type { DemoFlow } from "./demo-flow.ts";
export {
  encodeNetflow1,
  encodeNetflow5,
  encodeNetflow6,
  encodeNetflow7,
  type FixedMessage,
  type Netflow5Message,
  type NumberedMessage,
} from "./encode-fixed.ts";
export { encodeNetflow8, type AggregatedFlow, type Netflow8Message } from "./encode-netflow8.ts";
export { encodeSflow, type SflowMessage } from "./encode-sflow.ts";
export {
  encodeTemplated,
  IPFIX_TEMPLATES,
  NETFLOW9_TEMPLATES,
  type EncodedField,
  type EncodedTemplate,
  type TemplatedMessage,
} from "./encode-templated.ts";
export { Ledger, type LedgerCounts, type LedgerEntry, type LedgerKey, type SentFlow } from "./ledger.ts";
export { Random } from "./random.ts";
export { TrafficModel } from "./traffic-model.ts";
