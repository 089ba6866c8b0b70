/** The table of interface counters, which collectors fill from sFlow's counter samples. */
import type { ColumnSpec, TableSpec } from "./table-spec.ts";

/** Long enough to compare this month with the two before. Unit: days. */
const RETENTION_DAYS = 90;
/** Codecs as in `flows`: totals that grow slowly differ in few bits. */
const NUMBERS = "T64, ZSTD(1)";
const BYTES = "ZSTD(1)";

/** What devices counted on their interfaces: the truth that estimates from sampled packets are checked against. */
export const IF_COUNTERS: TableSpec = {
  name: "if_counters",
  engine: "MergeTree",
  columns: [
    { name: "time_received", type: "DateTime64(3, 'UTC')", codec: NUMBERS, doc: "When the collector received the datagram." },
    { name: "exporter", type: "IPv6", codec: BYTES, doc: "The device: sFlow agent address." },
    { name: "exporter_source", type: "IPv6", codec: BYTES, doc: "UDP source address." },
    { name: "obs_domain", type: "UInt32", codec: NUMBERS, doc: "sFlow sub-agent." },
    {
      name: "source_type",
      type: "UInt32",
      codec: NUMBERS,
      doc: "What the sample is about: 0 an interface, 1 a VLAN, 2 a physical entity.",
    },
    { name: "source_index", type: "UInt32", codec: NUMBERS, doc: "Index of that source; of an interface its ifIndex." },
    {
      name: "uptime_ms",
      type: "UInt32",
      codec: NUMBERS,
      doc: "Uptime of the agent in ms, modulo 2^32: when it goes back, counters begin at 0.",
    },
    { name: "if_index", type: "UInt32", codec: NUMBERS, doc: "ifIndex." },
    { name: "if_type", type: "UInt32", codec: NUMBERS, doc: "IANAifType: 6 Ethernet." },
    { name: "if_speed", type: "UInt64", codec: NUMBERS, doc: "Speed in bit/s." },
    { name: "if_direction", type: "UInt32", codec: NUMBERS, doc: "0 unknown, 1 full duplex, 2 half duplex, 3 in, 4 out." },
    { name: "admin_up", type: "UInt8", codec: BYTES, doc: "1: switched on." },
    { name: "oper_up", type: "UInt8", codec: BYTES, doc: "1: has a link." },
    { name: "promiscuous", type: "UInt8", codec: BYTES, doc: "1: takes frames for others." },
    ...(["in", "out"] as const).flatMap((side) => interfaceTotals(side)),
  ],
  partitionBy: "toDate(time_received, 'UTC')",
  orderBy: ["exporter", "if_index", "time_received"],
  timeColumn: "time_received",
  retentionDays: RETENTION_DAYS,
  doc: "Interface counters as devices send them (sFlow counter samples): totals since the device booted, exact, named as in IF-MIB. Those of 32 bits wrap; a value with all bits set means that the device does not count it.",
};

/** Totals of one direction. */
function interfaceTotals(side: "in" | "out"): ColumnSpec[] {
  const verb = side === "in" ? "received" : "sent";
  const total = (what: string, type: "UInt32" | "UInt64", doc: string): ColumnSpec => ({
    name: `${side}_${what}`,
    type,
    codec: NUMBERS,
    doc,
  });
  return [
    total("octets", "UInt64", `Bytes of frames ${verb}.`),
    total("unicast_packets", "UInt32", `Unicast packets ${verb}.`),
    total("multicast_packets", "UInt32", `Multicast packets ${verb}.`),
    total("broadcast_packets", "UInt32", `Broadcast packets ${verb}.`),
    total("discards", "UInt32", `Packets dropped that had no error, ${side === "in" ? "after they came" : "before they went"}.`),
    total("errors", "UInt32", `Packets not ${verb} because of errors.`),
    ...(side === "in" ? [total("unknown_protocols", "UInt32", "Packets dropped because their protocol is unknown.")] : []),
  ];
}
