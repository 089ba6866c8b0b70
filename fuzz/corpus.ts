/**
 * What is mutated: conversations of real exporters where captures are at hand, and always those of our own encoders, so that the fuzzer
 * bites on any machine.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { detectContainer, readCapture } from "../server/src/decode/index.ts";
import {
  encodeNetflow1,
  encodeNetflow5,
  encodeNetflow6,
  encodeNetflow7,
  encodeNetflow8,
  encodeSflow,
  encodeTemplated,
  IPFIX_TEMPLATES,
  NETFLOW9_TEMPLATES,
  TrafficModel,
  type DemoFlow,
} from "../server/src/demo/index.ts";

/** Datagrams of one exporter, in order. */
export interface Session {
  readonly name: string;
  readonly datagrams: readonly Uint8Array[];
}

export const EXPORT_MS = 1_790_000_000_000;
/** Sessions are cut here: the first datagrams hold the templates, later ones repeat. */
const MAX_DATAGRAMS = 60;
export const CAPTURES = path.join(__dirname, "../../shared/captures");

/** @param folder where captures are; by default those of other people's exporters, if they are here */
export function loadCorpus(folder: string = CAPTURES): Session[] {
  return [...ownSessions(), ...(existsSync(folder) ? captureSessions(folder) : [])];
}

/** Every file below the folder that holds datagrams. Files that are one conversation by their names are one session, templates first. */
function captureSessions(folder: string): Session[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(pcap|pcapng|dat|bin|ipfix)$/.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort((a, b) => Number(isTemplate(b)) - Number(isTemplate(a)) || (a < b ? -1 : 1));
  const sessions = new Map<string, Uint8Array[]>();
  for (const file of files) {
    const bytes = readFileSync(path.join(folder, file));
    const datagrams = sessions.get(sessionName(file)) ?? [];
    sessions.set(sessionName(file), datagrams);
    readCapture(bytes, detectContainer(bytes, file), (datagram) => {
      if (datagrams.length < MAX_DATAGRAMS) datagrams.push(Uint8Array.from(datagram.bytes));
    });
  }
  return Array.from(sessions, ([name, datagrams]) => ({ name, datagrams })).filter(({ datagrams }) => datagrams.length > 0);
}

function isTemplate(file: string): boolean {
  return /tpl|template/.test(file);
}

/** `netflow9_test_h3c_tpl3281.dat` and `netflow9_test_h3c_data3281.dat` are one session. */
function sessionName(file: string): string {
  return file.replace(/\.[a-z]+$/, "").replace(/(_(opt)?(tpl|template|data|\d).*|_part\d+)$/, "");
}

/** One session for each protocol that we can write. */
export function ownSessions(): Session[] {
  const model = new TrafficModel(5);
  const round = (n: number): { exportMs: number; v4: DemoFlow[]; v6: DemoFlow[]; all: DemoFlow[] } => {
    const exportMs = EXPORT_MS + n * 1_000;
    const all = model.next(40, exportMs);
    return {
      exportMs,
      all,
      v4: all.filter(({ ipVersion }) => ipVersion === 4).slice(0, 12),
      v6: all.filter(({ ipVersion }) => ipVersion === 6).slice(0, 6),
    };
  };
  const bootMs = EXPORT_MS - 1_000_000;
  const datagrams = (encode: (n: number) => Uint8Array): Uint8Array[] => [0, 1, 2].map(encode);
  const templated =
    (version: 9 | 10, templates: typeof NETFLOW9_TEMPLATES | typeof IPFIX_TEMPLATES) =>
    (n: number): Uint8Array => {
      const { exportMs, v4, v6 } = round(n);
      const sets = [
        { template: templates[4], flows: v4 },
        { template: templates[6], flows: v6 },
      ];
      return encodeTemplated({ version, exportMs, bootMs, sequence: n, obsDomain: 1, templates: Object.values(templates), sets });
    };
  const fixed = (
    encode: (message: { flows: DemoFlow[]; exportMs: number; bootMs: number; sequence: number }) => Uint8Array,
  ): Uint8Array[] =>
    datagrams((n) => {
      const { exportMs, v4 } = round(n);
      return encode({ flows: v4, exportMs, bootMs, sequence: n * 12 });
    });
  return [
    { name: "our NetFlow v1", datagrams: fixed(encodeNetflow1) },
    { name: "our NetFlow v5", datagrams: fixed((message) => encodeNetflow5({ ...message, engine: 0, samplingInterval: 10 })) },
    { name: "our NetFlow v6", datagrams: fixed((message) => encodeNetflow6({ ...message, engine: 0 })) },
    { name: "our NetFlow v7", datagrams: fixed(encodeNetflow7) },
    ...[1, 5, 8, 14].map((scheme) => ({
      name: `our NetFlow v8.${scheme}`,
      datagrams: fixed(({ flows, ...message }) =>
        encodeNetflow8({ ...message, scheme, engine: 0, flows: flows.map((flow) => ({ ...flow, flows: 1 })) }),
      ),
    })),
    { name: "our NetFlow v9", datagrams: datagrams(templated(9, NETFLOW9_TEMPLATES)) },
    { name: "our IPFIX", datagrams: datagrams(templated(10, IPFIX_TEMPLATES)) },
    {
      name: "our sFlow",
      datagrams: datagrams((n) =>
        encodeSflow({
          agent: "192.0.2.1",
          subAgent: 0,
          sequence: n,
          uptimeMs: n * 1000,
          sampleSequence: n * 8,
          samplingRate: 10,
          samples: round(n)
            .all.slice(0, 8)
            .map((flow): DemoFlow => ({ ...flow, packets: 1, bytes: 100 })),
        }),
      ),
    },
  ];
}
