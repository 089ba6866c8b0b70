export { ByteWriter } from "./byte-writer.ts";
export type { DemoFlow } from "./demo-flow.ts";
export { encodeNetflow5, NETFLOW5_MAX_FLOWS, type Netflow5Message } from "./encode-netflow5.ts";
export { encodeSflow, type SflowMessage } from "./encode-sflow.ts";
export {
  encodeTemplated,
  IPFIX_TEMPLATES,
  NETFLOW9_TEMPLATES,
  type EncodedField,
  type EncodedTemplate,
  type TemplatedMessage,
} from "./encode-templated.ts";
