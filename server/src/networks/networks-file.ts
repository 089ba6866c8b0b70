/**
 * networks.yaml: what the operator knows about addresses. The longest network that an address lies in speaks for it; what it leaves out
 * is taken from the next larger one, so that a role for one server does not repeat the campus around it. Detectors and labels of flows
 * rest on this file; without one, private and unique local addresses are `internal`.
 */
import { INSIDE_ZONES } from "@sillage/model";
import { z } from "zod";
import { invalid, network, NetworkTable, parseNetwork, readYamlFile } from "../config/index.ts";

/** Zones whose hosts are not the operator's, whatever the network is called. */
const OUTSIDE_ZONES = ["partner", "multicast", "bogon"] as const;
const ZONES = [...INSIDE_ZONES, ...OUTSIDE_ZONES] as const;
/** What a network's hosts are for; detectors know which of their habits are no alarm. */
const ROLES = [
  ...(["dns_resolver", "dns_auth", "ntp", "mail_relay", "proxy", "nat_gw", "vpn"] as const),
  ...(["scanner_own", "monitoring", "backup", "cdn_cache", "lb_vip", "honeypot"] as const),
] as const;

const text = z.string().min(1).max(200);

const networkSchema = z.strictObject({
  prefix: network().describe("Address or network."),
  name: text.optional().describe("What people call it."),
  zone: z.enum(ZONES).optional().describe("What kind of network it is."),
  site: text.optional().describe("Where it is."),
  group: text.optional().describe("Who uses it."),
  owner: text.optional().describe("Whom to call."),
  roles: z.array(z.enum(ROLES)).optional().describe("What its hosts are for."),
  criticality: z.int().min(1).max(5).optional().describe("1 (unimportant) to 5 (vital)."),
});

const networksFileSchema = z.strictObject({
  networks: z.array(networkSchema).describe("Networks, in any order; the longest one that an address lies in counts."),
});

type NetworkEntry = z.output<typeof networkSchema>;

/** A network with everything that its entry and the larger networks around it say. */
export interface LabelledNetwork extends Omit<NetworkEntry, "prefix"> {
  /** Address as text, IPv4 dotted or IPv6. */
  readonly address: string;
  /** 0-32 or 0-128. */
  readonly prefix: number;
  readonly isInside: boolean;
}

/** Without a file: everything that cannot be anybody else's. */
const DEFAULT_NETWORKS: readonly NetworkEntry[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"].map((prefix) => ({
  prefix,
  name: prefix.includes(":") ? "unique local" : "private",
  zone: "internal",
}));

export function defaultNetworks(): LabelledNetwork[] {
  return inherit(DEFAULT_NETWORKS);
}

/** @throws SillageError CONFIG_UNREADABLE, CONFIG_INVALID (file, line, column, key and what was expected) */
export function readNetworksFile(file: string): LabelledNetwork[] {
  const { content, place } = readYamlFile(file, networksFileSchema, { name: "the networks file", hint: "docs/networks.md tells the keys" });
  const seen = new Map<string, number>();
  content.networks.forEach(({ prefix }, i) => {
    const { first, bits } = parsed(prefix);
    const key = `${String.fromCharCode(...first)}/${bits}`;
    const before = seen.get(key);
    if (before !== undefined)
      throw invalid(
        `${place(["networks", i, "prefix"])}: networks.${i}.prefix: ${prefix} stands in the file already (networks.${before})`,
        "merge the two",
      );
    seen.set(key, i);
  });
  return inherit(content.networks);
}

function inherit(entries: readonly NetworkEntry[]): LabelledNetwork[] {
  const bySize = entries.map((entry) => ({ entry, net: parsed(entry.prefix) })).sort((a, b) => a.net.bits - b.net.bits);
  const table = new NetworkTable<LabelledNetwork>();
  return bySize.map(({ entry, net }) => {
    const { prefix, ...own } = entry;
    const around = table.findCovering(net.first, net.bits - 1);
    const [address = "", length] = prefix.split("/");
    const labels = { ...around, ...own };
    const labelled: LabelledNetwork = {
      ...labels,
      address,
      prefix: length === undefined ? (address.includes(":") ? 128 : 32) : Number(length),
      isInside: (INSIDE_ZONES as readonly (string | undefined)[]).includes(labels.zone),
    };
    table.set(net, labelled);
    return labelled;
  });
}

function parsed(prefix: string): Exclude<ReturnType<typeof parseNetwork>, string> {
  const net = parseNetwork(prefix);
  if (typeof net === "string") throw new Error(`${prefix}: ${net}`); // the schema has let only networks through
  return net;
}
