/** Names the application of a record from the exporter's application table, where the record has its number (95) and no name. */
import type { TextColumn } from "../flow/index.ts";
import { applicationKey } from "./application-key.ts";
import { fieldLength, fieldStart, type Chunk } from "./column-loops.ts";
import type { Fact, FactKey } from "./fact.ts";
import type { FindField, PlacedField } from "./layout.ts";

const APPLICATION_ID = 95;

/** The field to look up, in a template that does not name its applications itself. */
export function findApplication(find: FindField): PlacedField | undefined {
  return find(APPLICATION_ID);
}

/** @param out the column app_name */
export function writeApplicationNames(
  place: PlacedField,
  chunk: Chunk,
  { names, out }: { readonly names: ReadonlyMap<FactKey, Fact>; readonly out: TextColumn },
): void {
  for (let i = 0; i < chunk.n; i++) {
    const length = fieldLength(place, chunk, i);
    if (length === 0) continue;
    const fact = names.get(applicationKey(chunk.view, fieldStart(place, chunk, i), length));
    if (fact) out.set(chunk.row + i, fact.nameUtf8);
  }
}
