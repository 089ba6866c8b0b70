import { parseAddress } from "../flow/index.ts";
import { NetworkTable, parseNetwork, type Network } from "./index.ts";

describe("parseNetwork", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0", 104],
    ["192.0.2.1", "192.0.2.1", 128],
    ["0.0.0.0/0", "0.0.0.0", 96],
    ["2001:db8::/32", "2001:db8::", 32],
    ["::/0", "::", 0],
    ["fe80::1", "fe80::1", 128],
    ["172.16.0.0/12", "172.16.0.0", 108],
  ])("reads %s", (text, first, bits) => {
    expect(parseNetwork(text)).toEqual({ first: parseAddress(first), bits });
  });

  it.each([
    ["10.0.0.1/8", "the address has bits behind its prefix; the network is 10.0.0.0/8"],
    ["2001:db8::1/32", "the address has bits behind its prefix; the network is 2001:db8::/32"],
    ["10.0.0.0/33", "expected a prefix length from 0 to 32 behind the slash"],
    ["10.0.0.0/", "expected a prefix length from 0 to 32 behind the slash"],
    ["10.0.0.0/8/8", /^expected an address or a network/],
    ["10.1", /^expected an address or a network/],
    ["0x0a.0.0.0", /^expected an address or a network/],
    ["fe80::1%eth0", /^expected an address or a network/],
    ["router.example", /^expected an address or a network/],
    ["", /^expected an address or a network/],
  ])("says what is wrong with %j", (text, want) => {
    expect(parseNetwork(text)).toEqual(typeof want === "string" ? want : expect.stringMatching(want));
  });
});

describe("NetworkTable", () => {
  const table = new NetworkTable<string>();
  for (const text of ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32", "2001:db8:8000::/33", "::/0"])
    table.set(parseNetwork(text) as Network, text);

  it.each([
    ["10.1.2.3", "10.1.2.3"],
    ["10.1.2.4", "10.1.0.0/16"],
    ["10.2.2.4", "10.0.0.0/8"],
    ["11.0.0.1", undefined], // ::/0 is all of IPv6, and no IPv4
    ["2001:db8:7fff::1", "2001:db8::/32"],
    ["2001:db8:8000::1", "2001:db8:8000::/33"],
    ["2001:db9::1", "::/0"],
  ])("finds the longest network of %s", (address, want) => {
    expect(table.find(parseAddress(address))).toBe(want);
  });

  it("finds the networks around a network", () => {
    expect(table.findCovering(parseAddress("10.1.2.3"), 127)).toBe("10.1.0.0/16");
    expect(table.findCovering(parseAddress("10.1.2.3"), 103)).toBeUndefined();
  });
});
