/**
 * Headers of NetFlow v1, v5, v6, v7 and v8.
 *
 *   version u16, count u16, sysUptime u32 ms, unix_secs u32, unix_nsecs u32             v1 ends here: 16 bytes
 *   flow_sequence u32, engine_type u8, engine_id u8, sampling u16                       v5, v6: 24 bytes; v6 does not sample
 *   flow_sequence u32, reserved u32                                                     v7: 24 bytes
 *   flow_sequence u32, engine_type u8, engine_id u8, aggregation u8, version u8,
 *   sampling u16, reserved u16                                                          v8: 28 bytes
 *
 * Sources: Cisco, NetFlow Export Datagram Format (v1, v5, v7) and NetFlow ToS-Based Router Aggregation (v8); flow-tools for v6.
 */

/** What a header has behind the 16 bytes that all have. */
interface HeaderFormat {
  readonly bytes: number;
  readonly hasSequence: boolean;
  readonly hasEngine: boolean;
  /** Where the sampling word is; 0: nowhere. */
  readonly samplingAt: number;
}

const HEADERS: Readonly<Record<number, HeaderFormat>> = {
  1: { bytes: 16, hasSequence: false, hasEngine: false, samplingAt: 0 },
  5: { bytes: 24, hasSequence: true, hasEngine: true, samplingAt: 22 },
  6: { bytes: 24, hasSequence: true, hasEngine: true, samplingAt: 0 },
  7: { bytes: 24, hasSequence: true, hasEngine: false, samplingAt: 0 },
  8: { bytes: 28, hasSequence: true, hasEngine: true, samplingAt: 24 },
};

export interface FixedHeader {
  readonly count: number;
  readonly uptimeMs: number;
  readonly exportMs: number;
  /** Flows (v8: records) sent before; undefined where the header does not say. */
  readonly sequence: number | undefined;
  /** Engine type x 256 + engine id; 0 where the header has none. */
  readonly engine: number;
  /** 1 in N, 0 unknown. The upper two bits are the mode; Juniper sends an interval with mode 0, so only the interval counts. */
  readonly samplingInterval: number;
}

export function fixedHeaderBytes(version: number): number {
  return HEADERS[version]!.bytes;
}

/** Reads the header at `at`; the caller has checked that it is there. */
export function readFixedHeader(view: DataView, at: number): FixedHeader {
  const { hasSequence, hasEngine, samplingAt } = HEADERS[view.getUint16(at)]!;
  return {
    count: view.getUint16(at + 2),
    uptimeMs: view.getUint32(at + 4),
    exportMs: view.getUint32(at + 8) * 1000 + Math.floor(view.getUint32(at + 12) / 1_000_000),
    sequence: hasSequence ? view.getUint32(at + 16) : undefined,
    engine: hasEngine ? view.getUint16(at + 20) : 0,
    samplingInterval: samplingAt === 0 ? 0 : view.getUint16(at + samplingAt) & 0x3fff,
  };
}

/** How far the clocks of datagrams lie apart that somebody glued together. */
const GLUED_WITHIN_SECONDS = 86_400;

/**
 * True when a datagram of the same version as the one at `first` begins at `at`: it counts records and its clock is within a day of the
 * first's, which bytes of another kind have no reason to be.
 */
export function isGluedDatagram(view: DataView, first: number, at: number): boolean {
  const version = view.getUint16(first);
  return (
    view.byteLength - at >= fixedHeaderBytes(version) &&
    view.getUint16(at) === version &&
    view.getUint16(at + 2) > 0 &&
    Math.abs(view.getUint32(at + 8) - view.getUint32(first + 8)) <= GLUED_WITHIN_SECONDS
  );
}
