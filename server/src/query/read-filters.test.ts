import { SillageError } from "@sillage/model";
import { readFilters } from "./read-filters.ts";

test("meaning and description come from the text and the ad hoc filters together", () => {
  expect(readFilters({ filter: "port = 80", filters: [{ field: "proto", op: "=|", values: ["tcp", "udp"] }] })).toEqual({
    predicate: {
      kind: "and",
      items: [
        {
          kind: "or",
          items: [
            { kind: "compare", field: "src_port", op: "=", value: 80 },
            { kind: "compare", field: "dst_port", op: "=", value: 80 },
          ],
        },
        { kind: "in", field: "proto", values: [6, 17] },
      ],
    },
    description: "port 80; proto =| tcp, udp",
  });
  expect(readFilters({ filter: "", filters: [] })).toEqual({ predicate: { kind: "true" }, description: "any" });
  expect(() => readFilters({ filter: "prot tcp", filters: [] })).toThrow(SillageError);
});
