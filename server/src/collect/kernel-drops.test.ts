import { parseUdpTable } from "./kernel-drops.ts";

const TABLE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  123: 00000000:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4001 2 0000000000000000 17
  124: 0100007F:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9999 2 0000000000000000 500
  125: 00000000:1283 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4002 2 0000000000000000 0
`;

describe("parseUdpTable", () => {
  it("adds drops by port, of the given sockets only", () => {
    const drops = new Map<number, number>();
    parseUdpTable(TABLE, new Set(["4001", "4002"]), drops);
    expect(Object.fromEntries(drops)).toEqual({ 2055: 17, 4739: 0 });
  });

  it("takes the IPv6 table and adds to what is there", () => {
    const drops = new Map([[2055, 3]]);
    parseUdpTable(`head\n 7: 00000000000000000000000000000000:0807 0:0 07 0:0 00:0 0 0 0 4003 2 0 4\n`, new Set(["4003"]), drops);
    expect(drops.get(2055)).toBe(7);
  });
});
