import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { SillageError } from "@sillage/model";
import { readElementsFile } from "./index.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-elements-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(yaml: string): ReturnType<typeof readElementsFile> {
  const file = path.join(folder, "elements.yaml");
  writeFileSync(file, yaml);
  return readElementsFile(file);
}

it("reads elements with a column, elements to keep and mere names", () => {
  expect(
    read(`
elements:
  - { enterprise: 4242424, id: 7, name: latency, type: unsigned32, keep: true }
  - { enterprise: 15397, id: 3, name: incoming, column: bytes }
  - { id: 8256, name: host, column: http_host, keep: true }
  - { enterprise: 4242424, id: 8, name: mood, type: string }
`),
  ).toEqual([
    { enterprise: 4_242_424, id: 7, name: "latency", type: "unsigned32", keep: true },
    { enterprise: 15_397, id: 3, name: "incoming", type: "unsigned64", keep: false, column: "bytes" },
    { enterprise: 0, id: 8_256, name: "host", type: "string", keep: true, column: "http_host" },
    { enterprise: 4_242_424, id: 8, name: "mood", type: "string", keep: false },
  ]);
});

it.each([
  {
    name: "a column with a typing mistake",
    entry: "{ id: 9, enterprise: 4242424, name: a, type: string, column: htp_host }",
    want: /line 2 column \d+: elements\.0\.column: htp_host is no column that an element of type string can fill; did you mean http_host\?/,
  },
  {
    name: "a column of another kind",
    entry: "{ id: 9, enterprise: 4242424, name: a, type: ipv4Address, column: bytes }",
    want: /elements\.0\.column: bytes is no column that an element of type ipv4Address can fill; columns for it: exporter_claimed, /,
  },
  {
    name: "a column that the collector fills itself",
    entry: "{ id: 9, enterprise: 4242424, name: a, type: unsigned16, column: template_id }",
    want: /elements\.0\.column: template_id is no column/,
  },
  {
    name: "a column for a time",
    entry: "{ id: 9, enterprise: 4242424, name: a, type: dateTimeSeconds, column: time_start }",
    want: /elements\.0\.column: time_start is no column that an element of type dateTimeSeconds can fill; use keep: true/,
  },
  {
    name: "a type with a typing mistake",
    entry: "{ id: 9, enterprise: 4242424, name: a, type: unsinged32 }",
    want: /elements\.0\.type: unsinged32 is no type that can be kept; did you mean unsigned32\?/,
  },
  {
    name: "an element whose type nobody knows",
    entry: "{ id: 9, enterprise: 4242424, name: a }",
    want: /elements\.0\.id: the type of this element is not known; add type/,
  },
  {
    name: "a list",
    entry: "{ id: 292, name: a }",
    want: /elements\.0\.id: subTemplateList is no type that can be kept/,
  },
  { name: "a name with a blank", entry: "{ id: 9, name: a b }", want: /elements\.0\.name: expected a letter and up to 63 letters/ },
  {
    name: "a key with a typing mistake",
    entry: "{ id: 9, name: a, kep: true }",
    want: /elements\.0\.kep is not an option; did you mean keep\?/,
  },
  { name: "a number that is none", entry: "{ id: 70000, name: a }", want: /elements\.0\.id: / },
])("tells where $name stands", ({ entry, want }) => {
  expect(() => read(`elements:\n  - ${entry}\n`)).toThrow(SillageError);
  expect(() => read(`elements:\n  - ${entry}\n`)).toThrow(want);
});

it.each([
  {
    name: "one element under two of its numbers",
    second: "{ enterprise: 35632, id: 118, name: b, type: unsigned16 }",
    want: /line 3 column \d+: elements\.1\.id: this element stands in the file already \(elements\.0\)/,
  },
  {
    name: "one name for two elements",
    second: "{ enterprise: 35632, id: 119, name: a, type: string }",
    want: /line 3 column \d+: elements\.1\.name: a is the name of elements\.0/,
  },
])("refuses $name", ({ second, want }) => {
  expect(() => read(`elements:\n  - { id: 57590, name: a, type: unsigned16 }\n  - ${second}\n`)).toThrow(want);
});
