import { loadCaptureCases } from "../testing/captures.ts";
import { elementKey, findElement, findVendor } from "./element-names.ts";
import { ENTERPRISES } from "./enterprise-elements.ts";
import { IANA_ELEMENTS } from "./iana-elements.ts";
import { canonicalElement, NETFLOW9_ELEMENTS } from "./netflow9-elements.ts";

describe("the element registry", () => {
  it.each([
    { vendor: "IANA", elements: IANA_ELEMENTS },
    { vendor: "NetFlow v9", elements: NETFLOW9_ELEMENTS },
    ...Object.values(ENTERPRISES),
  ])("of $vendor is in order, without a number twice", ({ elements }) => {
    const ids = elements.map(([id]) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(elements.filter(([id, name]) => id < 0 || id > 0xffff || name === "")).toEqual([]);
  });

  it.each([
    { enterprise: 0, id: 1, want: { name: "octetDeltaCount", type: "unsigned64", unit: "bytes" } },
    { enterprise: 0, id: 371, want: { name: "userName", type: "string" } },
    { enterprise: 29_305, id: 1, want: { name: "reverseOctetDeltaCount", type: "unsigned64" } },
    { enterprise: 6_871, id: 16_398, want: { name: "reverseInitialTCPFlags" } },
    { enterprise: 35_632, id: 118, want: { name: "L7_PROTO" } },
    { enterprise: 0, id: 57_590, want: { name: "L7_PROTO" } }, // ntop in NetFlow v9
    { enterprise: 0, id: 45_003, want: { name: "appHTTPHost" } }, // Cisco in NetFlow v9
    { enterprise: 9, id: 7_237, want: { name: "NF_F_FW_EVENT" } }, // a NetFlow v9 type in IPFIX
    { enterprise: 0xffff_ffff, id: 24_884, want: { name: "HTTP_URL" } }, // the same by a mediator
  ])("knows $enterprise / $id", ({ enterprise, id, want }) => {
    expect(findElement(enterprise, id)).toMatchObject(want);
  });

  it("knows no name for what nobody told", () => {
    expect(findElement(0, 32_000)).toBeUndefined();
    expect(findElement(4_242_424, 1)).toBeUndefined();
    expect([0, 9, 29_305, 4_242_424].map(findVendor)).toEqual(["IANA", "Cisco", "IANA (reverse)", undefined]);
  });

  it("gives each element one number", () => {
    for (const [enterprise, id] of [
      [0, 1],
      [0, 33_002],
      [9, 234],
      [9, 12_235],
      [35_632, 187],
    ] as const) {
      const once = canonicalElement(enterprise, id);
      expect(canonicalElement(once.enterprise, once.id)).toEqual(once);
    }
    expect(elementKey(0xffff_ffff, 0xffff)).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  const captures = loadCaptureCases() ?? [];
  (captures.length === 0 ? it.skip : it)("has every name that another decoder found in captures", () => {
    const names = new Set(IANA_ELEMENTS.map(([, name]) => name));
    const found = captures
      .filter(({ protocol }) => protocol === "netflow9" || protocol === "ipfix")
      .flatMap(({ facts }) => [...Object.keys(facts.first_record ?? {}), ...Object.keys(facts.last_record ?? {})]);
    expect(found.filter((name) => /^[a-z]+[A-Z]/.test(name) && !names.has(name))).toEqual([]);
  });
});
