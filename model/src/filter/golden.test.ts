import { checkFilter, compileFilterOrThrow } from "./check.ts";
import { evaluatePredicate } from "./evaluate.ts";
import { flowIds, GOLDEN_FILTERS, GOLDEN_FLOWS, GOLDEN_LATER, GOLDEN_PORT_DIFFERENCE, GOLDEN_REFUSED } from "./golden.ts";
import { printFilter } from "./print.ts";

function matching(filter: string): number[] {
  const predicate = compileFilterOrThrow(filter);
  return GOLDEN_FLOWS.filter(({ row }) => evaluatePredicate(predicate, row)).map(({ id }) => id);
}

test("all 22 flows of the golden data set are there", () => {
  expect(GOLDEN_FLOWS.map(({ id }) => id)).toEqual(flowIds("1-22"));
  expect(matching("")).toEqual(flowIds("1-22"));
  expect(matching("any")).toEqual(flowIds("1-22"));
});

test.each(GOLDEN_FILTERS)("%s finds %s", (filter, ids) => {
  expect(matching(filter)).toEqual(flowIds(ids));
});

test.each(GOLDEN_FILTERS)("%s finds the same after printing", (filter) => {
  const { ast, predicate } = checkFilter(filter);
  expect(checkFilter(printFilter(ast)).predicate).toEqual(predicate);
});

test("ports are apart from ICMP types", () => {
  expect(matching(GOLDEN_PORT_DIFFERENCE.filter)).toEqual(flowIds(GOLDEN_PORT_DIFFERENCE.ours));
});

test.each(GOLDEN_LATER)("%s is refused, not misread", (filter, _ids, code) => {
  const { predicate, diagnostics } = checkFilter(filter);
  expect(predicate).toBeUndefined();
  expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
});

test.each(GOLDEN_REFUSED)("%s, an error for nfdump", (filter, ours) => {
  const { ast, predicate, diagnostics } = checkFilter(filter);
  if ("text" in ours) {
    expect(predicate).toBeDefined();
    expect(printFilter(ast)).toBe(ours.text);
  } else {
    expect(predicate).toBeUndefined();
    expect(diagnostics).toEqual([expect.objectContaining({ severity: "error", code: ours.code, hint: expect.any(String) })]);
  }
});
