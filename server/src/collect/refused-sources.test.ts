import { RefusedSources } from "./refused-sources.ts";

const refusal = (nowMs: number, bytes = 10) => ({ port: 2055, nowMs, datagrams: 1, bytes, connections: 0 });

describe("RefusedSources", () => {
  it("counts by sender, the last one first", () => {
    const refused = new RefusedSources();
    refused.count("203.0.113.9", refusal(1));
    refused.count("203.0.113.8", refusal(2));
    refused.count("203.0.113.9", refusal(3, 30));
    expect(refused.list()).toEqual([
      { address: "203.0.113.9", port: 2055, datagrams: 2, bytes: 40, connections: 0, firstSeenMs: 1, lastSeenMs: 3 },
      { address: "203.0.113.8", port: 2055, datagrams: 1, bytes: 10, connections: 0, firstSeenMs: 2, lastSeenMs: 2 },
    ]);
    expect(refused.total).toEqual({ datagrams: 3, bytes: 50, connections: 0 });
  });

  it("keeps those who sent last when senders are invented, and every count", () => {
    const refused = new RefusedSources(3);
    for (let i = 0; i < 1_000; i++) {
      refused.count("192.0.2.1", refusal(i));
      refused.count(`198.51.${i >> 8}.${i & 255}`, refusal(i));
    }
    const list = refused.list();
    expect(list.map(({ address }) => address)).toEqual(["198.51.3.231", "192.0.2.1", "198.51.3.230"]);
    expect(refused.total.datagrams).toBe(2_000);
    expect(list.reduce((sum, { datagrams }) => sum + datagrams, refused.rest.datagrams)).toBe(2_000);
  });

  it("no longer tells apart who is allowed now", () => {
    const refused = new RefusedSources();
    refused.count("192.0.2.1", refusal(1));
    refused.count("192.0.2.2", refusal(1));
    refused.forgetIf((address) => address === "192.0.2.1");
    expect(refused.list().map(({ address }) => address)).toEqual(["192.0.2.2"]);
    expect(refused.rest.datagrams).toBe(1);
  });
});
