export type {
  ByteBalance,
  ConnectionRest,
  DatagramContext,
  DecoderOptions,
  DecoderSettings,
  ExporterFact,
  ExporterIgnoredElement,
  ExporterStats,
  FlowSink,
  SequenceStats,
  IgnoredElement,
  IgnoredKind,
  InterfaceCounters,
  SamplingOverrides,
} from "./contract.ts";
export { DEFAULT_LIMITS, type DecoderLimits, type GivenUp } from "./limits.ts";
export { Decoder } from "./decoder.ts";
export { DROP_CAUSES, SKIP_KINDS, type DropCause, type SkipKind } from "./drop-cause.ts";
export { findElement, type KnownElement } from "./elements/element-names.ts";
export { KEPT_TYPES, type ElementType, type KeptType } from "./elements/element-type.ts";
export { canonicalElement as elementNumber } from "./elements/netflow9-elements.ts";
export { columnsOfType, type OperatorElement } from "./operator-element.ts";
export { IpfixFramer } from "./ipfix-framer.ts";
export type { SessionSequence } from "./saved-sequences.ts";
export type { RestoreResult } from "./saved-state.ts";
export { exportTimeMs } from "./export-time.ts";
export {
  CaptureReader,
  CONTAINERS,
  detectContainer,
  readCapture,
  type CapturedDatagram,
  type CaptureSkips,
  type Container,
} from "./capture.ts";
