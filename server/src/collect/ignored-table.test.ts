import { IgnoredTable } from "./ignored-table.ts";
import { readNativeRows } from "./testing/read-native.ts";

describe("IgnoredTable", () => {
  it("gives a row to counts that grew only, of each exporter by itself", () => {
    const table = new IgnoredTable("lab");
    const element = { kind: "element", enterprise: 35_632, id: 118, name: "L7_PROTO", records: 5 } as const;
    const [one, other] = ["192.0.2.1", "2001:db8::1"].map((exporter) => ({ ...element, exporter })) as [
      typeof element & { exporter: string },
      typeof element & { exporter: string },
    ];
    const unnamed = { ...one, id: 9, name: undefined };
    expect(readNativeRows(table.changes([one, other, unnamed], 7)!)).toEqual([
      { snapshot_time: 7, collector: "lab", ...one },
      { snapshot_time: 7, collector: "lab", ...other },
      { snapshot_time: 7, collector: "lab", ...unnamed, name: "" },
    ]);
    expect(table.changes([one, other, unnamed], 8)).toBeUndefined();
    expect(readNativeRows(table.changes([one, { ...other, records: 6 }, unnamed], 9)!)).toMatchObject([
      { exporter: "2001:db8::1", records: 6 },
    ]);
  });
});
