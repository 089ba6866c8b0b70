/** What the collector writes beside flows, encoded as it does: a value that a column cannot hold throws here as it would there. */
import { CounterTable } from "../server/src/collect/counter-table.ts";
import { ExporterTable } from "../server/src/collect/exporter-table.ts";
import { IgnoredTable } from "../server/src/collect/ignored-table.ts";
import { encodeFacts } from "../server/src/collect/options-table.ts";
import type { Decoder, InterfaceCounters } from "../server/src/decode/index.ts";

const MAX_FACTS = 2_000;

export class SideTables {
  private readonly exporters = new ExporterTable("fuzz");
  private readonly ignored = new IgnoredTable("fuzz");
  private readonly counters = new CounterTable(() => undefined);

  add(row: InterfaceCounters): void {
    this.counters.add(row);
  }

  /** Asks a decoder for everything that the collector asks for now and then. @throws what encoding throws */
  write(decoder: Decoder, nowMs: number): void {
    decoder.expire(nowMs);
    decoder.facts();
    encodeFacts("fuzz", decoder.takeChangedFacts(nowMs, MAX_FACTS));
    this.exporters.changes([...decoder.takeEnded(), ...decoder.stats()], nowMs);
    this.ignored.changes(decoder.ignoredElements(), nowMs);
    this.counters.flush();
  }
}
