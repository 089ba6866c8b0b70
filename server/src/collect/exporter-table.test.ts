import { ExporterTable } from "./exporter-table.ts";
import { exporterStats } from "./testing/fake-decoder.ts";

describe("ExporterTable", () => {
  it("gives a row to sessions that changed only", () => {
    const table = new ExporterTable("lab");
    const quiet = exporterStats({ datagrams: 1 });
    const busy = (datagrams: number) =>
      exporterStats({ exporter: "2001:db8::9", datagrams, dropped: { set_overrun: 2 }, waitingTemplates: [{ templateId: 260, sets: 3 }] });
    expect(table.changes([quiet, busy(1)], 5)?.rows).toBe(2);
    expect(table.changes([quiet, busy(1)], 6)).toBeUndefined();
    const block = table.changes([quiet, busy(2)], 7);
    expect(block?.rows).toBe(1);
    const text = Buffer.concat(block?.body ?? []).toString("latin1");
    expect(text).toContain('{"set_overrun":2}');
    expect(text).toContain("[260]");
    expect(block?.columns.map((column) => column.name)).toContain("flow_rows");
  });
});
