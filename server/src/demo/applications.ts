/** What the people and machines of the demo network do: one row an application. */

export interface Application {
  readonly name: string;
  readonly proto: 6 | 17;
  readonly port: number;
  /** Share of conversations in the day and at night. */
  readonly day: number;
  readonly night: number;
  /** Where the server is, seen from the client, which is always inside unless `inbound`. */
  readonly server: "outside" | "inside";
  /** Clients come from outside. */
  readonly inbound?: boolean;
  /** Bytes of the request and the smallest and largest answer. */
  readonly request: readonly [number, number];
  readonly answer: readonly [number, number];
  /** Shape of the heavy tail of answers: smaller is heavier. */
  readonly shape: number;
}

export const APPLICATIONS: readonly Application[] = [
  {
    name: "https",
    proto: 6,
    port: 443,
    day: 34,
    night: 14,
    server: "outside",
    request: [700, 9_000],
    answer: [2_000, 40_000_000],
    shape: 0.9,
  },
  {
    name: "quic",
    proto: 17,
    port: 443,
    day: 16,
    night: 6,
    server: "outside",
    request: [1_300, 12_000],
    answer: [3_000, 60_000_000],
    shape: 0.9,
  },
  { name: "http", proto: 6, port: 80, day: 6, night: 3, server: "outside", request: [400, 3_000], answer: [800, 2_000_000], shape: 1.1 },
  { name: "dns", proto: 17, port: 53, day: 24, night: 18, server: "inside", request: [58, 92], answer: [90, 900], shape: 2.2 },
  {
    name: "own website",
    proto: 6,
    port: 443,
    day: 5,
    night: 3,
    server: "inside",
    inbound: true,
    request: [600, 5_000],
    answer: [3_000, 5_000_000],
    shape: 1,
  },
  {
    name: "smtp",
    proto: 6,
    port: 25,
    day: 2,
    night: 2,
    server: "inside",
    inbound: true,
    request: [2_000, 4_000_000],
    answer: [600, 2_500],
    shape: 2,
  },
  { name: "imaps", proto: 6, port: 993, day: 3, night: 1, server: "outside", request: [500, 3_000], answer: [900, 900_000], shape: 1.2 },
  { name: "ssh", proto: 6, port: 22, day: 2, night: 2, server: "inside", request: [2_500, 60_000], answer: [3_000, 3_000_000], shape: 1.1 },
  {
    name: "backup",
    proto: 6,
    port: 873,
    day: 0.2,
    night: 3,
    server: "inside",
    request: [50_000, 200_000_000],
    answer: [2_000, 90_000],
    shape: 1.4,
  },
  { name: "ntp", proto: 17, port: 123, day: 3, night: 4, server: "outside", request: [76, 76], answer: [76, 76], shape: 3 },
  { name: "dhcp", proto: 17, port: 67, day: 1, night: 0.5, server: "inside", request: [328, 342], answer: [328, 342], shape: 3 },
  { name: "snmp", proto: 17, port: 161, day: 2, night: 3, server: "inside", request: [90, 400], answer: [120, 1_400], shape: 2 },
];
