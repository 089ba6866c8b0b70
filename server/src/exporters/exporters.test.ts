import { parse } from "yaml";
import { z } from "zod";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { configReference, loadConfig, printConfig } from "../config/index.ts";
import { parseAddress } from "../flow/index.ts";
import { ExporterDirectory, exportersConfigSchema, SamplingRates } from "./index.ts";

const directoryOf = (yaml: string): ExporterDirectory => new ExporterDirectory(exportersConfigSchema.parse(parse(yaml)));
const NETWORK = `
- match: 10.1.0.0/16
  site: Lille
  tags: [access]
  samplingRate: 1000
- match: 10.1.2.3
  name: core-1
  tags: [core, mpls]
  interfaces:
    12: { name: xe-0/0/1, description: transit, speed: 10G, samplingRate: 2000 }
    13: { name: xe-0/0/2, speed: 1.5G }
- match: 10.1.9.0/24
  samplingRate: 1
- match: "2001:db8::/32"
  name: neighbour
`;

describe("ExporterDirectory", () => {
  it.each([
    { address: "10.1.200.1", want: { site: "Lille", tags: ["access"], samplingRate: 1000 } },
    { address: "10.1.9.7", want: { site: "Lille", tags: ["access"], samplingRate: 1 } },
    { address: "2001:db8:1::1", want: { name: "neighbour" } },
    { address: "10.2.0.1", want: undefined },
    { address: "::", want: undefined },
    { address: "no address", want: undefined },
    {
      address: "10.1.2.3",
      want: {
        ...{ name: "core-1", site: "Lille", tags: ["core", "mpls"], samplingRate: 1000 },
        interfaces: {
          12: { name: "xe-0/0/1", description: "transit", speed: 10_000_000_000, samplingRate: 2000 },
          13: { name: "xe-0/0/2", speed: 1_500_000_000 },
        },
      },
    },
  ])("says of $address what its longest network says, and what that leaves out from the next larger", ({ address, want }) => {
    expect(directoryOf(NETWORK).findText(address)).toEqual(want);
  });

  it("takes what an entry leaves out of an interface from the larger network too", () => {
    const yaml =
      "[{ match: 192.0.2.0/24, interfaces: { 7: { samplingRate: 1000 } } }, { match: 192.0.2.1, interfaces: { 7: { name: uplink } } }]";
    expect(directoryOf(yaml).findText("192.0.2.1")?.interfaces).toEqual({ 7: { name: "uplink", samplingRate: 1000 } });
  });

  it("lists the rate in force in each network, for the dictionary of late rates", () => {
    expect(directoryOf(NETWORK).rates).toEqual([
      { address: "10.1.0.0", prefix: 16, rate: 1000 },
      { address: "10.1.9.0", prefix: 24, rate: 1 },
      { address: "10.1.2.3", prefix: 32, rate: 1000 },
    ]);
    expect(directoryOf('[{ match: "2001:db8::/33", samplingRate: 9 }]').rates).toEqual([{ address: "2001:db8::", prefix: 33, rate: 9 }]);
  });
});

describe("SamplingRates", () => {
  const rates = new SamplingRates(directoryOf(NETWORK));
  const words = (address: string): Uint32Array => new Uint32Array(parseAddress(address).slice().buffer);

  it.each([
    { address: "10.1.2.3", inIf: 12, rate: 2000, hasInterfaces: true },
    { address: "10.1.2.3", inIf: 13, rate: 1000, hasInterfaces: true },
    { address: "10.1.2.3", inIf: 0, rate: 1000, hasInterfaces: true },
    { address: "10.1.7.7", inIf: 12, rate: 1000, hasInterfaces: false },
    { address: "2001:db8::1", inIf: 12, rate: 0, hasInterfaces: false },
    { address: "192.0.2.1", inIf: 0, rate: 0, hasInterfaces: false },
  ])("gives $address at interface $inIf the rate $rate", ({ address, inIf, rate, hasInterfaces }) => {
    for (const other of ["10.1.2.3", "192.0.2.9"]) {
      rates.rateOf(words(other), 1); // whoever was asked for before
      expect([rates.rateOf(words(address), inIf), rates.hasInterfaces(words(address))]).toEqual([rate, hasInterfaces]);
    }
  });

  it("is not confused by a caller who uses the same words for the next address", () => {
    const reused = words("10.1.2.3");
    expect(rates.rateOf(reused, 12)).toBe(2000);
    reused.set(words("192.0.2.1"));
    expect(rates.rateOf(reused, 12)).toBe(0);
  });
});

describe("the section exporters", () => {
  const schema = z.strictObject({ exporters: exportersConfigSchema.default([]).describe("Exporters.") });
  const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-exporters-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const load = (yaml: string): unknown => {
    writeFileSync(path.join(folder, "sillage.yaml"), yaml);
    return loadConfig(schema, { cwd: folder, env: {} }).config;
  };
  const entry = (...lines: string[]): string => ["exporters:", "  - match: 10.0.0.1", ...lines.map((line) => `    ${line}`), ""].join("\n");

  it.each([
    {
      name: "a rate below 1",
      yaml: entry("samplingRate: 0"),
      want: /line 3 column 5: exporters\.0\.samplingRate: expected a whole number from 1/,
    },
    { name: "a rate in words", yaml: entry('samplingRate: "1:1000"'), want: /exporters\.0\.samplingRate: expected a whole number N/ },
    {
      name: "a speed without its unit",
      yaml: entry("interfaces:", "  12: { speed: 10 }"),
      want: /line 4 column 13: exporters\.0\.interfaces\.12\.speed: expected a bit rate, such as "10G"/,
    },
    {
      name: "an interface by its name",
      yaml: entry("interfaces:", "  xe-0: { speed: 10G }"),
      want: /line 4 column 7: exporters\.0\.interfaces\.xe-0: expected the number of an interface \(ifIndex\), from 1/,
    },
    {
      name: "a mistyped key of an interface",
      yaml: entry("interfaces:", "  12: { sped: 10G }"),
      want: /exporters\.0\.interfaces\.12\.sped is not an option; did you mean speed\?/,
    },
    {
      name: "no match",
      yaml: "exporters: [{ name: x }]\n",
      want: /line 1 column 13: exporters\.0\.match: expected an address or a network/,
    },
    {
      name: "the same network twice",
      yaml: "exporters:\n  - match: 10.0.0.1\n  - match: 10.0.0.1/32\n",
      want: /line 3 column 5: exporters\.1\.match: 10\.0\.0\.1\/32 stands in the list already \(exporters\.0\); merge the two/,
    },
  ])("tells where $name stands", ({ yaml, want }) => expect(() => load(yaml)).toThrow(want));

  it("prints what it reads, and has its place in the reference", () => {
    const config = load(`exporters:${NETWORK.replaceAll("\n", "\n  ")}`);
    const printed = printConfig(schema, config);
    expect(printed).toContain("speed: 10G");
    expect(load(printed)).toEqual(config);
    expect(configReference(schema)).toContain("## exporters\n\nExporters.\n\n| option");
    expect(configReference(schema)).toContain("| `exporters[].interfaces.*.speed` | bit rate | none | What it can carry. |");
  });
});
