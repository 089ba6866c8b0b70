import { FlowBatch, readFlow, type FlowValue } from "../flow/index.ts";
import { Decoder, detectContainer, exportTimeMs, readCapture, type ExporterStats } from "./index.ts";
import { loadCaptureCases, readCaptureFile, type CaptureCase, type FactRecord } from "./testing/captures.ts";

/** A capture of IPFIX over TCP: packets of a stream, not datagrams. */
const isTcp = (one: CaptureCase): boolean => one.container === "pcap" && one.id.endsWith("-tcp");

interface Decoded {
  readonly stats: ExporterStats[];
  readonly sums: ReadonlyMap<string, bigint>;
  readonly rows: Record<string, FlowValue>[];
}

/** @param portOf source port of the n-th datagram, to test templates and data from different ports */
function decodeCase(one: CaptureCase, portOf: (n: number, port: number) => number = (_, port) => port): Decoded {
  const decoder = new Decoder({ clampTimes: false, sumCounters: true });
  const rows: Record<string, FlowValue>[] = [];
  const batch = new FlowBatch(256);
  const flush = (): void => {
    for (let row = 0; row < batch.rows; row++) rows.push(readFlow(batch, row));
    batch.reset();
  };
  let n = 0;
  for (const file of one.files) {
    const bytes = readCaptureFile(file);
    readCapture(bytes, detectContainer(bytes, file), ({ bytes: datagram, source, sourcePort, capturedMs }) => {
      const receivedMs = capturedMs ?? exportTimeMs(datagram) ?? 0;
      decoder.decode(datagram, { source, sourcePort: portOf(n++, sourcePort), receivedMs }, { batch, flush });
    });
  }
  flush();
  return { stats: decoder.stats(), sums: decoder.sums(), rows };
}

const total = (stats: readonly ExporterStats[], key: "dataRecords" | "optionsRecords" | "rows" | "waitingSets" | "lostUnits"): number =>
  stats.reduce((sum, one) => sum + one[key], 0);
const skipped = (stats: readonly ExporterStats[], kind: string): number => stats.reduce((sum, one) => sum + (one.skipped[kind] ?? 0), 0);

/** Columns that hold an element's value as exported, whatever the record. */
const COLUMN_OF: Readonly<Record<string, string>> = {
  sourceIPv4Address: "src_addr",
  destinationIPv4Address: "dst_addr",
  sourceIPv6Address: "src_addr",
  destinationIPv6Address: "dst_addr",
  protocolIdentifier: "proto",
  ingressInterface: "in_if",
  egressInterface: "out_if",
  ipClassOfService: "tos",
  bgpSourceAsNumber: "src_as",
  bgpDestinationAsNumber: "dst_as",
  flowEndReason: "end_reason",
  flowDirection: "flow_direction",
};

const NETFLOW8_COLUMN_OF: Readonly<Record<string, string>> = {
  dFlows: "flows",
  srcaddr: "src_addr",
  src_prefix: "src_addr",
  dstaddr: "dst_addr",
  dst_prefix: "dst_addr",
  src_mask: "src_mask",
  dst_mask: "dst_mask",
  src_as: "src_as",
  dst_as: "dst_as",
  input: "in_if",
  output: "out_if",
  prot: "proto",
  srcport: "src_port",
  dstport: "dst_port",
  tos: "tos",
};

/** What a row must say for a record: element values under the registry's names, with the project's rules for bytes and ICMP. */
function wantedRow(record: FactRecord): Record<string, unknown> {
  const wanted: Record<string, unknown> = {};
  const isZeroAddress = (value: unknown): boolean => value === "0.0.0.0" || value === "::";
  for (const [element, column] of Object.entries(COLUMN_OF)) {
    const value = record[element];
    if (value === undefined || (isZeroAddress(value) && element.includes("Address"))) continue;
    wanted[column] ??= value;
  }
  const number = (element: string): number => Number(record[element] ?? 0);
  const firstOf = (...elements: string[]): number => elements.map(number).find((value) => value !== 0) ?? 0;
  // The records of NetFlow v8 are given in Cisco's words; a prefix is kept as the address it begins with.
  for (const [word, column] of Object.entries(NETFLOW8_COLUMN_OF)) if (record[word] !== undefined) wanted[column] = record[word];
  wanted["bytes"] = firstOf("octetDeltaCount", "octetTotalCount", "initiatorOctets", "layer2OctetDeltaCount", "postOctetDeltaCount");
  wanted["packets"] = firstOf("packetDeltaCount", "packetTotalCount", "initiatorPackets", "postPacketDeltaCount");
  const isIcmp = record["protocolIdentifier"] === 1 || record["protocolIdentifier"] === 58;
  if (!isIcmp && record["sourceTransportPort"] !== undefined) wanted["src_port"] = record["sourceTransportPort"];
  if (!isIcmp && record["destinationTransportPort"] !== undefined) wanted["dst_port"] = record["destinationTransportPort"];
  if (record["tcpControlBits"] !== undefined) wanted["tcp_flags"] = number("tcpControlBits") & 0x1ff;
  const start = record["flow_start_unix_ms"] ?? record["flowStartMilliseconds"];
  const end = record["flow_end_unix_ms"] ?? record["flowEndMilliseconds"];
  if (start !== undefined && end !== undefined && Number(end) > 0) {
    wanted["time_end"] = new Date(Number(end)).toISOString();
    wanted["time_start"] = new Date(Math.min(Number(start), Number(end))).toISOString();
  }
  return wanted;
}

const cases = loadCaptureCases() ?? [];
const readable = cases.filter((one) => !isTcp(one));

describe("captures of exporters that other people wrote", () => {
  if (readable.length === 0) it.skip("are not at hand", () => undefined);

  it.each(readable.filter(({ protocol }) => protocol !== "sflow5").map((one) => [one.id, one] as const))(
    "%s: counts, sums, first and last record",
    (_, one) => {
      const { stats, sums, rows } = decodeCase(one);
      const { facts } = one;
      // The facts are of a decoder that does not buffer; the origin's own test wants the records of sets before their template.
      const reparsed = one.facts_from_repo_tests["data_records_if_packet_reparsed"] as number | undefined;
      if (one.id === "nf5-softflowd") {
        expect(total(stats, "dataRecords")).toBeGreaterThan(facts.data_records!); // several datagrams in one file: all are decoded
      } else {
        expect(total(stats, "dataRecords")).toBe(reparsed ?? facts.data_records);
        expect(total(stats, "optionsRecords")).toBe(facts.options_records);
        if (reparsed === undefined) {
          expect(Number(sums.get("octetDeltaCount") ?? 0n)).toBe(facts.sum_octetDeltaCount);
          expect(Number(sums.get("packetDeltaCount") ?? 0n)).toBe(facts.sum_packetDeltaCount);
          expect(total(stats, "waitingSets")).toBe(facts.undecodable_sets ?? 0);
        }
        if (facts.last_record && rows.length > 0) expect(rows.at(-1)).toMatchObject(wantedRow(facts.last_record));
      }
      if (facts.first_record && rows.length > 0) expect(rows[0]).toMatchObject(wantedRow(facts.first_record));
      expect(stats.flatMap(({ dropped }) => Object.keys(dropped))).not.toContain("internal_error");
    },
  );

  it.each(readable.filter(({ protocol }) => protocol === "sflow5").map((one) => [one.id, one] as const))(
    "%s: samples, estimate, first packet",
    (_, one) => {
      // One of the captures holds NetFlow v5 beside sFlow, on the same port; the facts are of the sFlow.
      const decoded = decodeCase(one);
      const stats = decoded.stats.filter(({ protocol }) => protocol === "sflow5");
      const rows = decoded.rows.filter((row) => row["flow_type"] === "sflow5");
      const { facts } = one;
      expect(total(stats, "dataRecords")).toBe(facts.flow_samples! + facts.expanded_flow_samples!);
      expect(skipped(stats, "counter_samples")).toBe(facts.counter_samples! + facts.expanded_counter_samples!);
      expect(skipped(stats, "discard_samples")).toBe(facts.drop_samples);
      expect(rows.reduce((sum, row) => sum + Number(row["frame_bytes"]) * Number(row["sampling_rate"]), 0)).toBe(
        facts.sum_frame_length_x_rate,
      );
      if (facts.first_flow_sample && rows.length > 0)
        expect(rows[0]).toMatchObject({ sampling_rate: facts.first_flow_sample.rate, sampling_source: "record", packets: 1 });
      if (facts.first_header) {
        const { src, dst, proto, ttl, tos, ip_bytes: bytes, sport, dport, src_mac: srcMac } = facts.first_header;
        const wanted = { src_addr: src, dst_addr: dst, proto, ttl_min: ttl, tos, bytes, src_port: sport, dst_port: dport, src_mac: srcMac };
        expect(rows[0]).toMatchObject(Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)));
      }
    },
  );

  it.each(
    readable
      .filter(({ protocol, files }) => (protocol === "netflow9" || protocol === "ipfix") && files.length > 1)
      .map((one) => [one.id, one] as const),
  )("%s: gives the same with each datagram from another source port", (_, one) => {
    expect(total(decodeCase(one, (n) => 40_000 + n).stats, "dataRecords")).toBe(total(decodeCase(one).stats, "dataRecords"));
  });
});

const carrier = cases.find(({ id }) => id === "nf5-carrier-a");
(carrier ? describe : describe.skip)("loss on a carrier's router with two engines", () => {
  it("is none in the capture, and exactly the removed flows when datagrams are removed", () => {
    expect(total(decodeCase(carrier!).stats, "lostUnits")).toBe(0);
    const decoder = new Decoder({ clampTimes: false });
    const batch = new FlowBatch();
    const bytes = readCaptureFile(carrier!.files[0]!);
    let n = 0;
    let removed = 0;
    readCapture(bytes, "pcap", ({ bytes: datagram, source, sourcePort }) => {
      n++;
      if (n > 10 && n <= 20) removed += new DataView(datagram.buffer, datagram.byteOffset).getUint16(2);
      else decoder.decode(datagram, { source, sourcePort, receivedMs: 0 }, { batch, flush: () => batch.reset() });
    });
    expect(removed).toBeGreaterThan(0);
    expect(total(decoder.stats(), "lostUnits")).toBe(removed);
  });
});
