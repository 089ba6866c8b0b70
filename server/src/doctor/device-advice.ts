/**
 * How to set what flow exporters are mostly asked to change, in the language of the device where it can be guessed: private enterprise
 * numbers of its elements tell the vendor, and so does the way it numbers datagrams. docs/exporters.md tells the whole configuration.
 */
import type { DeviceReport } from "./report.ts";

type Topic = "templateRefresh" | "activeTimeout" | "samplerTable";

interface Device {
  readonly label: string;
  /** Private enterprise number (IANA); undefined where nothing of it carries one. */
  readonly enterprise?: number;
  readonly advice: Readonly<Partial<Record<Topic, readonly string[]>>>;
}

const CISCO: Device = {
  label: "Cisco IOS, IOS XE",
  enterprise: 9,
  advice: {
    templateRefresh: ["flow exporter NAME", " template data timeout 60"],
    activeTimeout: ["flow monitor NAME", " cache timeout active 60"],
    samplerTable: ["flow exporter NAME", " option sampler-table timeout 60"],
  },
};

const SOFTFLOWD: Device = {
  label: "softflowd",
  advice: {
    templateRefresh: ["softflowd repeats its templates every 16 datagrams: restart it to have them at once"],
    activeTimeout: ["softflowd ... -t maxlife=60"],
  },
};

const DEVICES: readonly Device[] = [
  CISCO,
  {
    label: "Juniper",
    enterprise: 2636,
    advice: {
      templateRefresh: ["set services flow-monitoring version-ipfix template NAME template-refresh-rate seconds 60"],
      activeTimeout: ["set services flow-monitoring version-ipfix template NAME flow-active-timeout 60"],
      samplerTable: ["set services flow-monitoring version-ipfix template NAME option-refresh-rate seconds 60"],
    },
  },
  {
    label: "MikroTik",
    enterprise: 14_988,
    advice: {
      templateRefresh: ["/ip traffic-flow target set [find] v9-template-timeout=60s"],
      activeTimeout: ["/ip traffic-flow set active-flow-timeout=1m"],
    },
  },
  {
    label: "Fortinet",
    enterprise: 12_356,
    advice: {
      templateRefresh: ["config system netflow", " set template-tx-timeout 1  (minutes; 60 where the unit is seconds)", "end"],
      activeTimeout: ["config system netflow", " set active-flow-timeout 1  (minutes; 60 where the unit is seconds)", "end"],
    },
  },
  {
    label: "Palo Alto",
    enterprise: 25_461,
    advice: {
      templateRefresh: ["Device > Server Profiles > NetFlow > Template Refresh Rate: 1 minute"],
      activeTimeout: ["Device > Server Profiles > NetFlow > Active Timeout: 1 minute"],
    },
  },
  {
    label: "VMware",
    enterprise: 6876,
    advice: { activeTimeout: ["Distributed switch > Edit NetFlow > Active flow export timeout: 60"] },
  },
];

const WORDS: Readonly<Record<Topic, string>> = {
  templateRefresh: "set the template refresh of the exporter to 60 s",
  activeTimeout: "set the active timeout of the exporter's flow cache to 60 s",
  samplerTable: "let the exporter send its sampler table (options data) every 60 s",
};

/** In words, then in the language of the device: of the one it seems to be, else of the commonest as an example. */
export function adviceFor(device: DeviceReport, topic: Topic): string[] {
  const guessed = guessDevice(device);
  const lines = (guessed ?? CISCO).advice[topic];
  if (!lines) return [WORDS[topic]];
  const whose = guessed ? `it looks like ${guessed.label}:` : `on ${CISCO.label} for example:`;
  return [WORDS[topic], whose, ...lines.map((line) => `  ${line}`)];
}

function guessDevice({ enterprises, sessions }: DeviceReport): Device | undefined {
  const known = DEVICES.find(({ enterprise }) => enterprise !== undefined && enterprises.includes(enterprise));
  if (known) return known;
  // It numbers flows in v9, which no other exporter does.
  return sessions.some(({ protocol, sequence_unit: unit }) => protocol === "netflow9" && unit === "flows") ? SOFTFLOWD : undefined;
}
