/**
 * Decodes the workloads from memory, one after the other in one process, as a collector has several protocols.
 *
 *   decode-from-memory.ts SECONDS        tells its parent a MemoryResult for each workload
 */
import { Decoder } from "../server/src/decode/index.ts";
import { parseAddress } from "../server/src/flow/index.ts";
import { DISTINCT_DATAGRAMS, EXPORT_MS, makeDatagrams, WORKLOADS, type Workload } from "./decode-workloads.ts";
import { RowCounter } from "./row-counter.ts";

/** Rows and datagrams per second of CPU time. */
export interface MemoryResult {
  readonly rowsPerSecond: number;
  /** In the quietest of SLICES parts of the time: closer to what the code can do on a machine that others use too. */
  readonly bestRowsPerSecond: number;
  readonly datagramsPerSecond: number;
  readonly nanosecondsPerRow: number;
}

const SLICES = 10;

function measure(workload: Workload, seconds: number): MemoryResult {
  const { name, prelude, flowsPerDatagram } = workload;
  const datagrams = makeDatagrams(workload);
  const decoder = new Decoder();
  const context = { source: parseAddress("192.0.2.1"), sourcePort: 2055, receivedMs: EXPORT_MS };
  const sink = new RowCounter();
  if (prelude) decoder.decode(prelude, context, sink);
  const run = (until: number): number => {
    let rounds = 0;
    do {
      for (const bytes of datagrams) decoder.decode(bytes, context, sink);
      context.receivedMs++; // as at some 200,000 datagrams a second
      rounds++;
    } while (performance.now() < until);
    return rounds;
  };
  run(performance.now() + Math.min(1000, seconds * 500)); // lets V8 compile the loops
  const rowsBefore = sink.rows;
  let elapsed = 0;
  let rounds = 0;
  let best = 0;
  for (let slice = 0; slice < SLICES; slice++) {
    const before = process.cpuUsage();
    const done = run(performance.now() + (seconds * 1000) / SLICES);
    const used = process.cpuUsage(before);
    const cpu = (used.user + used.system) / 1e6;
    rounds += done;
    elapsed += cpu;
    best = Math.max(best, (done * DISTINCT_DATAGRAMS * flowsPerDatagram) / cpu);
  }
  const rows = sink.rows - rowsBefore;
  if (rows !== rounds * DISTINCT_DATAGRAMS * flowsPerDatagram)
    throw new Error(`${name}: ${rows} rows from ${rounds * DISTINCT_DATAGRAMS} datagrams`);
  return {
    rowsPerSecond: Math.round(rows / elapsed),
    bestRowsPerSecond: Math.round(best),
    datagramsPerSecond: Math.round((rounds * DISTINCT_DATAGRAMS) / elapsed),
    nanosecondsPerRow: Math.round((elapsed * 1e10) / rows) / 10,
  };
}

for (const workload of WORKLOADS) process.send?.(measure(workload, Number(process.argv[2])));
process.disconnect();
