export { spoolConfigSchema, type SpoolConfig } from "./config.ts";
export { nodeDisk, replaceFile, type ReplacingDisk, type SpoolDisk } from "./disk.ts";
export { ManifestFolder, type Manifest, type StoredManifest } from "./manifest.ts";
export { columnSetOf, type SpoolBlock } from "./native-block.ts";
export { countQuarantined, quarantineReasons, quarantineSegment, type QuarantineReason } from "./quarantine.ts";
export {
  formatSegmentName,
  parseSegmentName,
  SEGMENT_SUFFIX,
  type SegmentColumn,
  type SegmentName,
  type SegmentSidecar,
} from "./segment.ts";
export { checkSegment, SpoolReader, type SegmentCheck, type WaitingSegment } from "./spool-reader.ts";
export {
  createSpoolWriter,
  type CommitSegment,
  type SpoolRefusal,
  type SpoolStats,
  type SpoolWriter,
  type SpoolWriterDeps,
  type SpoolWriterOptions,
  type TimeSpan,
} from "./spool-writer.ts";
