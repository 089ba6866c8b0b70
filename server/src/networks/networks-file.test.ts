import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { SillageError } from "@sillage/model";
import { NetworkLabels, readNetworksFile } from "./index.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-networks-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(yaml: string): ReturnType<typeof readNetworksFile> {
  const file = path.join(folder, "networks.yaml");
  writeFileSync(file, yaml);
  return readNetworksFile(file);
}

const CAMPUS = `
networks:
  - { prefix: 192.0.2.53, roles: [dns_resolver] }
  - { prefix: 192.0.2.0/24, name: servers, zone: protected, criticality: 4 }
  - { prefix: 192.0.0.0/16, name: campus, zone: internal, site: lille, group: staff, owner: noc }
  - { prefix: 2001:db8::/32, zone: partner, name: neighbour }
`;

it("takes from the larger network what a smaller one leaves out, in whatever order they stand", () => {
  const byAddress = Object.fromEntries(read(CAMPUS).map((network) => [network.address, network]));
  expect(byAddress["192.0.2.53"]).toEqual({
    address: "192.0.2.53",
    prefix: 32,
    isInside: true,
    name: "servers",
    zone: "protected",
    site: "lille",
    group: "staff",
    owner: "noc",
    criticality: 4,
    roles: ["dns_resolver"],
  });
  expect(byAddress["2001:db8::"]).toEqual({ address: "2001:db8::", prefix: 32, isInside: false, zone: "partner", name: "neighbour" });
});

it.each([
  {
    name: "a network with bits behind its prefix",
    yaml: "networks:\n  - { prefix: 10.0.0.1/8 }\n",
    want: /line 2 column 7: networks\.0\.prefix: the address has bits behind its prefix; the network is 10\.0\.0\.0\/8/,
  },
  {
    name: "a zone that does not exist",
    yaml: "networks:\n  - prefix: 10.0.0.0/8\n    zone: intern\n",
    want: /line 3 column 5: networks\.0\.zone: .*"internal"/,
  },
  {
    name: "a key with a typing mistake",
    yaml: "networks:\n  - prefix: 10.0.0.0/8\n    zones: guest\n",
    want: /line 3 column 5: networks\.0\.zones is not an option; did you mean zone\?/,
  },
  {
    name: "the same network twice",
    yaml: "networks:\n  - prefix: 10.0.0.0/8\n  - prefix: 10.0.0.0/8\n",
    want: /line 3 column 5: networks\.1\.prefix: 10\.0\.0\.0\/8 stands in the file already \(networks\.0\)/,
  },
])("tells where $name stands", ({ yaml, want }) => {
  expect(() => read(yaml)).toThrow(SillageError);
  expect(() => read(yaml)).toThrow(want);
});

it("labels by one reading of the file: the next reading changes nothing in it, whatever the file tells then", () => {
  read(CAMPUS);
  const file = path.join(folder, "networks.yaml");
  const before = new NetworkLabels(file);
  writeFileSync(file, "networks: [{ prefix: 10.0.0.0/33 }]\n");
  expect(() => new NetworkLabels(file)).toThrow(/line 1 column 14: networks\.0\.prefix/);
  writeFileSync(file, "networks: [{ prefix: 10.0.0.0/8, zone: guest }]\n");
  expect(new NetworkLabels(file).rows).toMatchObject([
    { address: "10.0.0.0", prefix: 8, values: expect.arrayContaining(["guest"]) as unknown },
  ]);
  expect(before.networks).toHaveLength(4);
});
