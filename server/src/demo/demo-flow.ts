/** One flow of the demo traffic, before it is put into a protocol's words. */

export interface DemoFlow {
  readonly ipVersion: 4 | 6;
  /** Text, as in the ledger. */
  readonly srcAddr: string;
  readonly dstAddr: string;
  readonly proto: number;
  /** For ICMP: 0. */
  readonly srcPort: number;
  /** For ICMP: type x 256 + code, as NetFlow v5 has it. */
  readonly dstPort: number;
  readonly tcpFlags: number;
  readonly tos: number;
  readonly bytes: number;
  readonly packets: number;
  readonly inIf: number;
  readonly outIf: number;
  readonly srcAs: number;
  readonly dstAs: number;
  readonly srcMask: number;
  readonly dstMask: number;
  /** 0: untagged. */
  readonly vlan: number;
  /** Epoch ms. */
  readonly startMs: number;
  readonly endMs: number;
}
