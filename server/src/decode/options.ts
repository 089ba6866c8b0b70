/**
 * Options data: records about the exporter itself. They are counted and stepped over; of what they tell, the boot time (160) is kept,
 * because IPFIX flows that are timed by uptime mean nothing without it. Sampling rates of options (34, 48 with 50, 302 with 304 and its
 * parameters) are to be read here too, into the rates a session gives its messages (MessageContext.samplingRate).
 *
 * The scope fields of a v9 template number a namespace of their own (1 System, 2 Interface …): never read as elements.
 */
import { fieldLength, fieldStart, readLow, type Chunk } from "./column-loops.ts";
import { CHUNK_RECORDS, RecordIndex, type PlacedField } from "./layout.ts";
import type { Template } from "./template.ts";

const SYSTEM_INIT_TIME_MS = 160;

export interface OptionsResult {
  records: number;
  /** Bytes behind a record whose variable-length field left the set. */
  brokenBytes: number;
  /** Bytes behind the last record that are less than a record. */
  paddingBytes: number;
  /** Boot time told by the last record that did, epoch ms; NaN when none did. */
  bootMs: number;
}

const index = new RecordIndex();

export function readOptionsSet(
  template: Template,
  view: DataView,
  { at, end }: { readonly at: number; readonly end: number },
): OptionsResult {
  const { layout } = template.plan;
  const result: OptionsResult = { records: 0, brokenBytes: 0, paddingBytes: 0, bootMs: Number.NaN };
  const boot = layout.fields
    .slice(template.definition.scopeFields)
    .find(({ enterprise, id, length }) => enterprise === 0 && id === SYSTEM_INIT_TIME_MS && length === 8);
  for (let next = at, n = CHUNK_RECORDS; n === CHUNK_RECORDS && result.brokenBytes === 0; next = index.next) {
    n = index.walk(layout, view, { at: next, end, max: CHUNK_RECORDS });
    result.records += n;
    if (boot && n > 0) result.bootMs = readBoot(boot, { view, index, columns: [], n, row: 0 });
    if (index.broken) result.brokenBytes = end - index.next;
    else result.paddingBytes = end - index.next;
  }
  return result;
}

function readBoot(place: PlacedField, chunk: Chunk): number {
  const last = chunk.n - 1;
  const at = fieldStart(place, chunk, last);
  const ms = readLow(chunk.view, at, fieldLength(place, chunk, last) - 4) * 0x1_0000_0000 + chunk.view.getUint32(at + 4);
  return ms > 0 ? ms : Number.NaN;
}
