import { parse } from "yaml";
import { parseAddress } from "../flow/index.ts";
import { collectorConfigSchema } from "./config.ts";
import { allowHint, SourceTable } from "./source-table.ts";

describe("SourceTable", () => {
  it.each(["127.0.0.1", "::ffff:10.200.1.2", "172.31.0.1", "192.168.1.1", "169.254.1.1", "::1", "fd12::1", "fe80::1%eth0"])(
    "lets %s in by default",
    (address) => expect(new SourceTable(collectorConfigSchema.parse({}).allow).ofText(address).isAllowed).toBe(true),
  );

  it.each(["203.0.113.9", "::ffff:172.32.0.1", "100.64.0.1", "2001:db8::1", "fec0::1", "::"])("keeps %s out by default", (address) =>
    expect(new SourceTable(["private"]).ofText(address).isAllowed).toBe(false),
  );

  it("follows a new list at once, also for senders it knows", () => {
    const table = new SourceTable(["private"]);
    expect([table.ofText("203.0.113.9"), table.ofText("10.0.0.1")].map(({ isAllowed }) => isAllowed)).toEqual([false, true]);
    table.allow(["203.0.113.0/24"]);
    expect([table.ofText("203.0.113.9"), table.ofText("10.0.0.1")].map(({ isAllowed }) => isAllowed)).toEqual([true, false]);
  });
});

describe("SourceTable by binary address", () => {
  const wordsOf = (address: string): Uint32Array => new Uint32Array(parseAddress(address).buffer);

  it.each(["127.0.0.1", "10.200.1.2", "203.0.113.9", "::1", "2001:db8::1", "fe80::1"])("knows %s as by its text", (address) => {
    const table = new SourceTable(["private"]);
    expect(table.ofAddress(wordsOf(address))).toMatchObject(table.ofText(address));
    expect(table.ofAddress(wordsOf(address))).toBe(table.ofAddress(wordsOf(address)));
  });

  it("keeps apart what comes in the same array", () => {
    const table = new SourceTable(["10.0.0.0/9"]);
    const words = new Uint32Array(4);
    const last = new Uint8Array(words.buffer);
    words.set(wordsOf("10.0.0.0"));
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 70_000; i += 7) {
        last.set([(i >> 8) & 255, i & 255], 14);
        last[13] = (i >> 16) * 128;
        const { text, isAllowed } = table.ofAddress(words);
        if (text !== `10.${(i >> 16) * 128}.${(i >> 8) & 255}.${i & 255}` || isAllowed !== i < 65_536) throw new Error(`${i}: ${text}`);
      }
    }
  });

  it("follows a new list at once", () => {
    const table = new SourceTable(["private"]);
    expect(table.ofAddress(wordsOf("203.0.113.9")).isAllowed).toBe(false);
    table.allow(["203.0.113.0/24"]);
    expect(table.ofAddress(wordsOf("203.0.113.9")).isAllowed).toBe(true);
  });
});

describe("allowHint", () => {
  const lineOf = (allow: string[], address: string): string =>
    /line "(.+)", then reload/.exec(allowHint(allow, new SourceTable(["private"]).ofText(address).bytes))![1]!;

  it.each([
    { allow: ["private"], address: "203.0.113.9" },
    { allow: ["private", "2001:db8::/32"], address: "2001:db9::" },
    { allow: ["::ffff:0.0.0.0/96"], address: "::1" },
  ])("is YAML that lets $address in", ({ allow, address }) => {
    const line = lineOf(allow, address);
    const config = collectorConfigSchema.parse(parse(`collector:\n  ${line}\n`).collector);
    expect(config.allow).toEqual([...allow, address]);
    expect(new SourceTable(config.allow).ofText(address).isAllowed).toBe(true);
  });

  it("adds one line to a long list", () => {
    const many = Array.from({ length: 9 }, (_, i) => `192.0.2.${i}`);
    expect(parse(`allow:\n  ${lineOf(many, "2001:db8::")}\n`)).toEqual({ allow: ["2001:db8::"] });
  });
});
