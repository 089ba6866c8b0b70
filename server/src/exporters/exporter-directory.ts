/**
 * What the operator says about exporters, looked up by address. The longest network that an address lies in speaks for it; what its entry
 * leaves out is taken from the next larger one, so that the site of a network need not be repeated for each router in it.
 */
import { NetworkTable, parseNetwork, type Network } from "../config/index.ts";
import { formatAddress, parseAddress } from "../flow/index.ts";
import type { ExportersConfig, InterfaceConfig } from "./config.ts";

export interface ExporterInfo {
  readonly name?: string | undefined;
  readonly site?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** 1 packet in N. */
  readonly samplingRate?: number | undefined;
  /** By ifIndex. */
  readonly interfaces?: Readonly<Record<string, InterfaceConfig>> | undefined;
}

/** The sampling rate of a network of exporters. */
export interface NetworkRate {
  /** IPv4 dotted or IPv6. */
  readonly address: string;
  /** 0-32 or 0-128. */
  readonly prefix: number;
  readonly rate: number;
}

const IPV4_BITS = 96;

export class ExporterDirectory {
  private readonly table = new NetworkTable<ExporterInfo>();
  /** With the rate that is in force in the network, smaller networks apart. */
  readonly rates: readonly NetworkRate[];

  constructor(config: ExportersConfig) {
    const entries = config.map(({ match, ...own }) => ({ network: parsed(match), own }));
    const rates: NetworkRate[] = [];
    for (const { network, own } of entries.sort((a, b) => a.network.bits - b.network.bits)) {
      const around = this.table.findCovering(network.first, network.bits - 1);
      const interfaces = mergeInterfaces(around?.interfaces, own.interfaces);
      const info: ExporterInfo = { ...around, ...own, ...(Object.keys(interfaces).length > 0 && { interfaces }) };
      this.table.set(network, info);
      if (info.samplingRate !== undefined) rates.push(rateOf(network, info.samplingRate));
    }
    this.rates = rates;
  }

  /** By 16 bytes, IPv4 mapped into IPv6. */
  find(address: Uint8Array): ExporterInfo | undefined {
    return this.table.find(address);
  }

  /** By the text of an address; undefined for a text that is none. */
  findText(address: string): ExporterInfo | undefined {
    try {
      return this.find(parseAddress(address));
    } catch {
      return undefined;
    }
  }
}

function rateOf({ first, bits }: Network, rate: number): NetworkRate {
  const address = formatAddress(first);
  return { address, prefix: address.includes(":") ? bits : bits - IPV4_BITS, rate };
}

function parsed(match: string): Network {
  const network = parseNetwork(match);
  if (typeof network === "string") throw new Error(`${match}: ${network}`); // the schema let only networks through
  return network;
}

/** What an entry leaves out of an interface is taken from the larger network's word about the same number. */
function mergeInterfaces(
  around: ExporterInfo["interfaces"] = {},
  own: ExporterInfo["interfaces"] = {},
): NonNullable<ExporterInfo["interfaces"]> {
  const merged = { ...around };
  for (const [index, said] of Object.entries(own)) merged[Number(index)] = { ...merged[Number(index)], ...said };
  return merged;
}
