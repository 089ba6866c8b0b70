/**
 * The tables that are written beside flows and losses: what exporters had sent at a moment, what they told of themselves, what they count on
 * their interfaces, and what they send that no column keeps. All travel through the spool, so that they survive this process.
 */
import type { NativeBlock } from "../flow/index.ts";
import type { SpoolWriter } from "../spool/index.ts";
import { CounterTable, COUNTERS_TABLE } from "./counter-table.ts";
import type { DatagramDecoder } from "./datagram-decoder.ts";
import { ExporterTable, EXPORTERS_TABLE } from "./exporter-table.ts";
import { IgnoredTable, IGNORED_TABLE } from "./ignored-table.ts";
import { OptionsTable } from "./options-table.ts";
import type { ExporterStatus } from "./status.ts";
import type { PeriodicTask } from "./timers.ts";

const EXPORTERS_MS = 2_000;
const OPTIONS_MS = 2_000;
/** How long interface counters gather: devices send them every 20 to 60 s. */
const COUNTERS_MS = 2_000;
const IGNORED_MS = 10_000;

export interface SideTablesDeps {
  readonly decoder: Pick<DatagramDecoder, "takeChangedFacts" | "ignoredElements">;
  /** All sessions as they are now. */
  readonly sessions: () => readonly ExporterStatus[];
  readonly spool: Pick<SpoolWriter, "offer">;
  readonly now: () => number;
}

export class SideTables {
  /** Takes what devices count on their interfaces. */
  readonly counters: CounterTable;
  readonly tasks: readonly PeriodicTask[];

  /** @param collector its name, in the rows */
  constructor(collector: string, { decoder, sessions, spool, now }: SideTablesDeps) {
    const exporters = new ExporterTable(collector);
    const options = new OptionsTable(collector, spool);
    const ignored = new IgnoredTable(collector);
    const offer = (table: string, block: NativeBlock | undefined, nowMs: number): void => {
      if (block) spool.offer(table, block, { minTimeMs: nowMs, maxTimeMs: nowMs });
    };
    const writeExporters = (nowMs: number): void => offer(EXPORTERS_TABLE, exporters.changes(sessions(), nowMs), nowMs);
    const writeIgnored = (nowMs: number): void => offer(IGNORED_TABLE, ignored.changes(decoder.ignoredElements(), nowMs), nowMs);
    this.counters = new CounterTable((block, span) => void spool.offer(COUNTERS_TABLE, block, span));
    this.tasks = [
      { everyMs: EXPORTERS_MS, run: () => writeExporters(now()) },
      { everyMs: OPTIONS_MS, run: () => options.write(decoder, now()) },
      { everyMs: COUNTERS_MS, run: () => this.counters.flush() },
      { everyMs: IGNORED_MS, run: () => writeIgnored(now()) },
    ];
  }

  /** Writes what is new in each of them. */
  write(): void {
    for (const { run } of this.tasks) run();
  }
}
