import { identifier, literal, paramText, placeholders } from "./sql-text.ts";

describe("SQL text", () => {
  it.each([
    ["plain", "'plain'"],
    ["it's", "'it\\'s'"],
    ["\\", "'\\\\'"],
    ["\\'", "'\\\\\\''"],
  ])("quotes %j", (text, wanted) => expect(literal(text)).toBe(wanted));

  it("takes only names as identifiers", () => {
    expect(identifier("time_received")).toBe("`time_received`");
    for (const name of ["", "a b", "a`b", "1a", "a.b"]) expect(() => identifier(name)).toThrow(TypeError);
  });

  it.each([
    ["a\tb\n\\N", "a\\tb\\n\\\\N"],
    [18446744073709551615n, "18446744073709551615"],
    [-1.5, "-1.5"],
    [["it's", "\\"], "['it\\'s','\\\\']"],
    [[1, 2n], "[1,2]"],
    [[], "[]"],
  ])("writes the parameter %j", (value, wanted) => expect(paramText(value)).toBe(wanted));

  it("finds placeholders", () => expect(placeholders("SELECT {a:UInt8}, {b_1 : Array(String)} FROM t")).toEqual(["a", "b_1"]));
});
