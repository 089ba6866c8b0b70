export {
  DEFAULT_LIMITS,
  type DatagramContext,
  type DecoderLimits,
  type DecoderOptions,
  type ExporterStats,
  type FlowSink,
  type UnknownElement,
} from "./contract.ts";
