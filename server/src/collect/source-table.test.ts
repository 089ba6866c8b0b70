import { parse } from "yaml";
import { collectorConfigSchema } from "./config.ts";
import { allowHint, SourceTable } from "./source-table.ts";

describe("SourceTable", () => {
  it.each(["127.0.0.1", "::ffff:10.200.1.2", "172.31.0.1", "192.168.1.1", "169.254.1.1", "::1", "fd12::1", "fe80::1%eth0"])(
    "lets %s in by default",
    (address) => expect(new SourceTable(collectorConfigSchema.parse({}).allow).of(address).isAllowed).toBe(true),
  );

  it.each(["203.0.113.9", "::ffff:172.32.0.1", "100.64.0.1", "2001:db8::1", "fec0::1", "::"])("keeps %s out by default", (address) =>
    expect(new SourceTable(["private"]).of(address).isAllowed).toBe(false),
  );

  it("follows a new list at once, also for senders it knows", () => {
    const table = new SourceTable(["private"]);
    expect([table.of("203.0.113.9"), table.of("10.0.0.1")].map(({ isAllowed }) => isAllowed)).toEqual([false, true]);
    table.allow(["203.0.113.0/24"]);
    expect([table.of("203.0.113.9"), table.of("10.0.0.1")].map(({ isAllowed }) => isAllowed)).toEqual([true, false]);
  });
});

describe("allowHint", () => {
  const lineOf = (allow: string[], address: string): string =>
    /line "(.+)", then reload/.exec(allowHint(allow, new SourceTable(["private"]).of(address).bytes))![1]!;

  it.each([
    { allow: ["private"], address: "203.0.113.9" },
    { allow: ["private", "2001:db8::/32"], address: "2001:db9::" },
    { allow: ["::ffff:0.0.0.0/96"], address: "::1" },
  ])("is YAML that lets $address in", ({ allow, address }) => {
    const line = lineOf(allow, address);
    const config = collectorConfigSchema.parse(parse(`collector:\n  ${line}\n`).collector);
    expect(config.allow).toEqual([...allow, address]);
    expect(new SourceTable(config.allow).of(address).isAllowed).toBe(true);
  });

  it("adds one line to a long list", () => {
    const many = Array.from({ length: 9 }, (_, i) => `192.0.2.${i}`);
    expect(parse(`allow:\n  ${lineOf(many, "2001:db8::")}\n`)).toEqual({ allow: ["2001:db8::"] });
  });
});
