import { hashOf, parseHash, sharedParams, withParams } from "./location.ts";

it.each([
  { hash: "", path: "/", params: {} },
  { hash: "#/explore", path: "/explore", params: {} },
  { hash: "#/d/sillage-ports?from=now-6h&to=now", path: "/d/sillage-ports", params: { from: "now-6h", to: "now" } },
  // Links in tables leave spaces as they are, and a filter may hold a question mark.
  { hash: "#/d/x?var-filter=src ip 10.0.0.1?", path: "/d/x", params: { "var-filter": "src ip 10.0.0.1?" } },
])("reads $hash", ({ hash, path, params }) => {
  const location = parseHash(hash);
  expect({ path: location.path, params: Object.fromEntries(location.params) }).toEqual({ path, params });
});

it("writes what it reads", () => {
  const location = { path: "/d/x", params: new URLSearchParams({ from: "now-1h", "var-filter": "port 80 & flags S" }) };
  expect(parseHash(hashOf(location))).toEqual(location);
});

it("keeps the reader's time and variables from page to page, and nothing else", () => {
  const params = new URLSearchParams({ from: "1", to: "2", refresh: "30s", "var-filter": "any", query: "{}" });
  expect([...sharedParams(params).keys()]).toEqual(["from", "to", "refresh", "var-filter"]);
});

it("sets and removes parameters without touching the original", () => {
  const params = new URLSearchParams({ from: "1", "var-filter": "any" });
  expect(withParams(params, { from: "2", "var-filter": undefined }).toString()).toBe("from=2");
  expect(params.toString()).toBe("from=1&var-filter=any");
});
