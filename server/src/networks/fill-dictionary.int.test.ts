/** Networks label flows while they are stored; history is labelled anew when it is read. */
import { BACKENDS, openTestStore, type TestStore } from "../store/testing/backends.ts";
import { defaultNetworks, fillNetworks, type LabelledNetwork } from "./index.ts";

const inside = (address: string, prefix: number, zone: LabelledNetwork["zone"]): LabelledNetwork => ({
  address,
  prefix,
  isInside: true,
  ...(zone && { zone }),
});

describe.each(BACKENDS)("networks, %s", (backend) => {
  let test: TestStore;
  beforeAll(async () => (test = await openTestStore(backend)));
  afterAll(() => test.close());

  const store = async (src: string, dst: string): Promise<unknown> => {
    await test.store.command("TRUNCATE TABLE flows");
    await test.store.command(`INSERT INTO flows (time_received, src_addr, dst_addr) VALUES ('2026-05-01 00:00:00', '${src}', '${dst}')`);
    return (await test.rows("SELECT src_zone, dst_zone, traffic_direction FROM flows"))[0];
  };

  it.each([
    { src: "10.1.2.3", dst: "198.51.100.1", want: ["internal", "", 2] },
    { src: "198.51.100.1", dst: "192.168.0.9", want: ["", "internal", 1] },
    { src: "fd00::1", dst: "172.16.0.1", want: ["internal", "internal", 3] },
    { src: "198.51.100.1", dst: "203.0.113.1", want: ["", "", 4] },
    { src: "::", dst: "::", want: ["", "", 0] },
  ])("without a file $src to $dst is $want", async ({ src, dst, want }) => {
    await fillNetworks(test.store, defaultNetworks());
    expect(await store(src, dst)).toEqual(want);
  });

  it("by the longest network, from the next insert on; what is stored keeps its labels", async () => {
    await fillNetworks(test.store, [
      inside("203.0.113.0", 24, "internal"),
      inside("203.0.113.128", 25, "protected"),
      { address: "198.51.100.0", prefix: 24, isInside: false, zone: "partner" },
    ]);
    expect(await store("203.0.113.200", "198.51.100.7")).toEqual(["protected", "partner", 2]);
    await fillNetworks(test.store, []);
    expect(await test.rows("SELECT src_zone, dictGetOrDefault('networks', 'zone', src_addr, '') FROM flows")).toEqual([["protected", ""]]);
    expect(await store("203.0.113.200", "198.51.100.7")).toEqual(["", "", 4]);
  });
});
