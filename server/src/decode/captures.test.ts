import type { FieldName } from "@sillage/model";
import { FlowBatch } from "../flow/index.ts";
import { Decoder, readCapture, type ExporterStats } from "./index.ts";
import { loadCaptureCases, readCaptureFile, type FactRecord, type FactSample } from "./testing/captures.ts";
import { decodeCase, total } from "./testing/decode-capture.ts";
import { wantedRow } from "./testing/wanted-row.ts";

const lost = (stats: readonly ExporterStats[]): number => stats.reduce((sum, { sequence }) => sum + sequence.lost, 0);
const cases = loadCaptureCases() ?? [];

describe("captures of exporters that other people wrote", () => {
  if (cases.length === 0) it.skip("are not at hand", () => undefined);

  it.each(cases.filter(({ protocol }) => protocol !== "sflow5").map((one) => [one.id, one] as const))(
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
        // The last record of a biflow is its last row but one: the answer stands behind.
        const forward = rows.filter((row) => row["biflow_direction"] !== 2);
        if (facts.last_record && rows.length > 0) expect(forward.at(-1)).toMatchObject(wantedRow(facts.last_record));
      }
      if (facts.first_record && rows.length > 0) expect(rows[0]).toMatchObject(wantedRow(facts.first_record));
      if (facts.sum_reverse_octets !== undefined) {
        const sum = (column: FieldName): number => rows.reduce((all, row) => all + Number(row[column]), 0);
        expect(sum("bytes")).toBe(facts.sum_octetDeltaCount! + facts.sum_reverse_octets);
        expect(sum("packets")).toBe(facts.sum_packetDeltaCount! + facts.sum_reverse_packets!);
      }
      expect(stats.flatMap(({ dropped }) => Object.keys(dropped))).not.toContain("internal_error");
    },
  );

  it.each(cases.filter(({ protocol }) => protocol === "sflow5").map((one) => [one.id, one] as const))(
    "%s: samples, estimate, first packet",
    (_, one) => {
      // One of the captures holds NetFlow v5 beside sFlow, on the same port; the facts are of the sFlow.
      const decoded = decodeCase(one);
      const stats = decoded.stats.filter(({ protocol }) => protocol === "sflow5");
      const rows = decoded.rows.filter((row) => row["flow_type"] === "sflow5");
      const { facts } = one;
      expect(total(stats, "dataRecords")).toBe(facts.flow_samples! + facts.expanded_flow_samples! + facts.drop_samples!);
      expect(total(stats, "counterSamples")).toBe(facts.counter_samples! + facts.expanded_counter_samples!);
      expect(decoded.counters).toHaveLength((facts.record_types!["2:0:1"] ?? 0) + (facts.record_types!["4:0:1"] ?? 0));
      expect(rows.filter((row) => row["dropped_packets"] === 1 && row["flows"] === 0)).toHaveLength(facts.drop_samples!);
      expect(rows.reduce((sum, row) => sum + Number(row["frame_bytes"]) * Number(row["sampling_rate"]), 0)).toBe(
        facts.sum_frame_length_x_rate,
      );
      if (facts.first_flow_sample && rows.length > 0) expect(rows[0]).toMatchObject(wantedSample(facts.first_flow_sample));
      if (facts.last_flow_sample && rows.length > 0) expect(rows.at(-1)).toMatchObject(wantedSample(facts.last_flow_sample));
      if (facts.first_header) expect(rows[0]).toMatchObject(wantedPacket(facts.first_header));
    },
  );
});

/** What a row must say for a sample, by its head and those of its records that the facts tell. */
function wantedSample({ rate, inp, out, infmt, outfmt, records }: FactSample): Record<string, unknown> {
  // Without a format beside it, the word has one in its top bits; what is no ifIndex is kept as none.
  const index = (word: number, format: number): number => (format === 0 && word !== 0x3fff_ffff ? word : 0);
  const wanted: Record<string, unknown> = { in_if: index(inp, infmt ?? inp >>> 30), out_if: index(out, outfmt ?? out >>> 30) };
  if (rate === undefined) Object.assign(wanted, { dropped_packets: 1, packets: 0, sampling_rate: 0 });
  else Object.assign(wanted, { sampling_rate: rate, sampling_source: "record", packets: 1 });
  for (const { nh, masks, peeras, path, comm, sw } of records) {
    if (masks) Object.assign(wanted, { next_hop: nh, src_mask: masks[0], dst_mask: masks[1] });
    if (sw) Object.assign(wanted, { src_vlan: sw[0], dst_vlan: sw[2] });
    if (!path) continue;
    const hops = path.flatMap(([, segment]) => segment);
    Object.assign(wanted, { bgp_next_hop: nh, prev_as: peeras, next_as: hops[0], dst_as: hops.at(-1), as_path: hops, communities: comm });
  }
  return wanted;
}

/** What a row must say for a sampled packet, by its header. */
function wantedPacket({ dst_mac, src_mac, src, dst, proto, ttl, tos, ip_bytes, sport, dport }: FactRecord): Record<string, unknown> {
  const packet = { src_addr: src, dst_addr: dst, proto, ttl_min: ttl, ttl_max: ttl, tos, bytes: ip_bytes, src_mac, dst_mac };
  const wanted = { ...packet, src_port: sport, dst_port: dport };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

const carrier = cases.find(({ id }) => id === "nf5-carrier-a");
(carrier ? describe : describe.skip)("loss on a carrier's router with two engines", () => {
  it("is none in the capture, and exactly the removed flows when datagrams are removed", () => {
    expect(lost(decodeCase(carrier!).stats)).toBe(0);
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
    expect(lost(decoder.stats())).toBe(removed);
  });
});
