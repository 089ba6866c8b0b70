import type { ExporterFact } from "../decode/index.ts";
import type { SpoolBlock, SpoolRefusal } from "../spool/index.ts";
import { OptionsTable } from "./options-table.ts";

const fact = (name: string): ExporterFact => ({
  exporter: "192.0.2.1",
  protocol: "",
  obsDomain: 0,
  kind: "interface",
  key: "7",
  name,
  description: "",
  value: { speed: 1 },
  validFromMs: 1_000,
  toldMs: 2_000,
});

/** A spool that answers as told, and a decoder with facts to take. */
function tableWith(answers: (SpoolRefusal | undefined)[]) {
  const offered: string[] = [];
  const offer = (table: string, { rows, body }: SpoolBlock) => {
    const text = Buffer.concat(body).toString("latin1");
    offered.push(`${table} ${rows} ${["eth0", "eth1"].filter((name) => text.includes(name)).join()}`);
    return answers.shift();
  };
  const facts: ExporterFact[] = [];
  const takeChangedFacts = (_nowMs: number, max: number) => facts.splice(0, max);
  const table = new OptionsTable("lab", { offer });
  return { offered, facts, write: () => table.write({ takeChangedFacts }, 5_000) };
}

describe("OptionsTable", () => {
  it("writes what is new, and nothing when there is nothing", () => {
    const { offered, facts, write } = tableWith([]);
    write();
    facts.push(fact("eth0"));
    write();
    write();
    expect(offered).toEqual(["exporter_options 1 eth0"]);
  });

  it("offers again what the spool had no room for, before anything newer", () => {
    const { offered, facts, write } = tableWith(["spool_limit", undefined, undefined]);
    facts.push(fact("eth0"));
    write();
    facts.push(fact("eth1"));
    write();
    write();
    expect(offered).toEqual(["exporter_options 1 eth0", "exporter_options 1 eth0", "exporter_options 1 eth1"]);
  });

  it("writes many in turns", () => {
    const { offered, facts, write } = tableWith([]);
    for (let i = 0; i < 5_000; i++) facts.push(fact("eth0"));
    for (let i = 0; i < 4; i++) write();
    expect(offered).toEqual(["exporter_options 2000 eth0", "exporter_options 2000 eth0", "exporter_options 1000 eth0"]);
  });
});
