/**
 * Decodes a conversation and checks after every datagram what must hold whatever it says:
 *
 *   exception  nothing escapes from Decoder.decode, and what it tells beside rows can be written
 *   defect     no error was caught inside it either (`internal_error`)
 *   balance    bytes received = decoded + dropped + skipped + waiting
 *   rows       nothing is written behind the rows; times, names, addresses and texts can be stored; no row is invented or lost
 *   caps       sessions, templates, waiting bytes and ignored elements stay below their limits
 *   slow       a datagram costs a bounded time, in proportion to the bytes it made readable
 *   around     rows do not depend on what lies in memory before and behind a datagram, or on what was decoded before the decoder was made
 *   capture    damaged capture files are read to their end (see capture-files.ts)
 *   heap       what the decoder remembers is bounded (where the process runs with --expose-gc)
 */
import { createHash } from "node:crypto";
import {
  Decoder,
  DEFAULT_LIMITS,
  IpfixFramer,
  type ByteBalance,
  type DatagramContext,
  type DecoderLimits,
  type ExporterStats,
  type FlowSink,
  type InterfaceCounters,
} from "../server/src/decode/index.ts";
import { encodeFlowBatch, FlowBatch } from "../server/src/flow/index.ts";
import { findBadValue, findStray } from "./check-batch.ts";
import { DECLARED, OVERRIDES } from "./operator.ts";
import { SideTables } from "./side-tables.ts";
import { contextOf, SMALL_LIMITS, type Conversation, type Input } from "./input.ts";

export type Property = "exception" | "defect" | "balance" | "rows" | "caps" | "slow" | "heap" | "around" | "capture";

export interface Finding {
  readonly property: Property;
  readonly detail: string;
  /** Number of the datagram after which it showed. */
  readonly at: number;
}

type Problem = Omit<Finding, "at">;

export interface Slowest {
  readonly ms: number;
  readonly input: Input | undefined;
}

export interface PlayResult {
  readonly finding: Finding | undefined;
  readonly bytes: number;
  readonly rows: number;
  readonly slowest: Slowest;
  /** Causes of drops and kinds of skips that occurred. */
  readonly causes: ReadonlySet<string>;
}

/**
 * Time that 64 KiB may take, of a datagram or of sets that waited and that it made readable. No measure of speed: ten times what the
 * most expensive datagram known takes (thousands of templates, each with data: 50 ms); what is worse than linear is far beyond it. Unit: ms.
 */
const MAX_MS_PER_64_KIB = 500;
/** Memory that a decoder and its conversation may take beyond the baseline. Unit: bytes. */
const MAX_HEAP: Readonly<Record<Conversation["setup"]["limits"], number>> = { small: 64 * 2 ** 20, default: 384 * 2 ** 20 };
/** Batches are flushed every so often, so that rows of several datagrams share one. */
const FLUSH_EVERY = 16;
/** A datagram may fill a tiny batch thousands of times: looking at them all would take longer than everything else. */
const MAX_CHECKED_FLUSHES = 20;

/** Statistics are asked for every so often, as a collector does. */
const LOOK_EVERY = 100;
/** Bytes of another kind before and behind a datagram. */
const MARGIN = 61;
const batches = new Map<number, FlowBatch>();

export interface PlayOptions {
  /** Takes a full collection, so not every conversation can afford it. */
  readonly checksHeap?: boolean;
  /** Decodes everything twice more, with other bytes around the datagrams. */
  readonly checksAround?: boolean;
  /** Told before each datagram. */
  readonly onDatagram?: (at: number) => void;
}

export function play(conversation: Conversation, { checksHeap = false, checksAround = false, onDatagram }: PlayOptions = {}): PlayResult {
  const run = new Run(conversation, onDatagram);
  const finding =
    run.play() ?? (checksHeap ? run.findHeap() : undefined) ?? (checksAround ? findAround(conversation, onDatagram) : undefined);
  const { bytes, slowest, causes, sink } = run;
  return { finding: confirmSlow(conversation, finding), bytes, rows: sink.flushedRows, slowest, causes };
}

/** A busy machine makes anything slow once: only what is slow three times counts. */
function confirmSlow(conversation: Conversation, finding: Finding | undefined): Finding | undefined {
  if (finding?.property !== "slow") return finding;
  const isSlowAgain = [1, 2].every(() => new Run(conversation).play()?.property === "slow");
  return isSlowAgain ? finding : undefined;
}

/** Two runs with other bytes around the datagrams must write the same rows. */
function findAround(conversation: Conversation, onDatagram: PlayOptions["onDatagram"]): Finding | undefined {
  const [zeros, ones] = [0x00, 0xff].map((fill) => {
    const run = new Run(conversation, onDatagram, new Surroundings(fill));
    run.play();
    return run.sink.digests;
  });
  const at = zeros!.findIndex(({ digest }, i) => digest !== ones![i]?.digest);
  return at < 0 ? undefined : { property: "around", detail: "rows depend on what lies around the datagrams", at: zeros![at]!.datagram };
}

/** Lends datagrams room in a larger piece of memory. */
class Surroundings {
  private readonly fill: number;
  private readonly room = new Uint8Array(MARGIN * 2 + 0xffff);

  constructor(fill: number) {
    this.fill = fill;
  }

  place(bytes: Uint8Array): Uint8Array {
    this.room.fill(this.fill);
    this.room.set(bytes, MARGIN);
    return this.room.subarray(MARGIN, MARGIN + bytes.length);
  }
}

class Run {
  readonly sink: CheckedSink;
  readonly causes = new Set<string>();
  bytes = 0;
  slowest: Slowest = { ms: 0, input: undefined };
  private readonly conversation: Conversation;
  private readonly onDatagram: ((at: number) => void) | undefined;
  private readonly surroundings: Surroundings | undefined;
  private readonly limits: DecoderLimits;
  private readonly decoder: Decoder;
  /** Open TCP connections by their number in the conversation. */
  private readonly streams = new Map<number, { readonly framer: IpfixFramer; readonly number: number }>();
  private lastConnection = 0;

  constructor(conversation: Conversation, onDatagram?: (at: number) => void, surroundings?: Surroundings) {
    this.onDatagram = onDatagram;
    this.surroundings = surroundings;
    const { limits, clampTimes, sumCounters, rows, hasOperator, isStubborn } = conversation.setup;
    this.conversation = conversation;
    this.limits = { ...DEFAULT_LIMITS, ...(limits === "small" ? SMALL_LIMITS : {}) };
    this.decoder = new Decoder({
      limits: this.limits,
      clampTimes,
      sumCounters,
      ...(hasOperator && { samplingOverrides: OVERRIDES, elements: DECLARED }),
    });
    this.sink = new CheckedSink(rows, isStubborn, surroundings !== undefined);
  }

  play(): Finding | undefined {
    let finding: Finding | undefined;
    this.conversation.inputs.every((input, at) => {
      this.onDatagram?.(at);
      this.sink.datagram = at;
      const problem = this.take(input, at) ?? this.sink.problem;
      if (problem) finding = { ...problem, at };
      return !finding;
    });
    this.sink.empty();
    const at = this.conversation.inputs.length - 1;
    finding ??= this.sink.problem && { ...this.sink.problem, at };
    const problem = finding ? undefined : (this.look(this.conversation.inputs[at]!.receivedMs) ?? this.checkStats());
    return finding ?? (problem && { ...problem, at });
  }

  findHeap(): Finding | undefined {
    if (!globalThis.gc) return undefined;
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    baseline ??= heapUsed + external;
    const used = heapUsed + external - baseline;
    const { limits } = this.conversation.setup;
    if (used <= MAX_HEAP[limits] || this.decoder.stats().length < 0) return undefined;
    return { property: "heap", detail: `${Math.round(used / 2 ** 20)} MiB with ${limits} limits`, at: this.conversation.inputs.length - 1 };
  }

  /** What arrives is read as the collector would: datagrams at once, streams message by message. */
  private take(input: Input, at: number): Problem | undefined {
    const problem = input.connection === 0 ? this.decode(input, contextOf(input)) : this.takePiece(input);
    if (problem) return problem;
    if (this.sink.isStubborn || at % FLUSH_EVERY === 0 || this.sink.batch.free * 2 < this.sink.batch.capacity) this.sink.empty();
    return at % LOOK_EVERY === 0 ? this.look(input.receivedMs) : undefined;
  }

  private takePiece(input: Input): Problem | undefined {
    const stream = this.streams.get(input.connection) ?? { framer: new IpfixFramer(), number: ++this.lastConnection };
    this.streams.set(input.connection, stream);
    const { framer, number } = stream;
    const context = { ...contextOf(input), connection: number };
    const before = framer.pendingBytes;
    let problem: Problem | undefined;
    let messageBytes = 0;
    try {
      framer.push(input.bytes, (message) => {
        messageBytes += message.length;
        problem ??= this.decode({ ...input, bytes: message }, context);
      });
    } catch (error) {
      return exceptionOf(error);
    }
    const framed = messageBytes + framer.pendingBytes + framer.lostBytes;
    if (framed !== before + input.bytes.length)
      return { property: "balance", detail: `${framed} bytes framed of ${before + input.bytes.length}` };
    if (problem || (input.bytes.length > 0 && !framer.isBroken)) return problem;
    return this.closeConnection(input, context);
  }

  private closeConnection({ connection }: Input, context: DatagramContext): Problem | undefined {
    const { framer } = this.streams.get(connection)!;
    this.streams.delete(connection);
    const bytes = framer.pendingBytes + framer.lostBytes;
    this.bytes += bytes;
    try {
      this.decoder.closeConnection(context, { cause: framer.isBroken ? "lost_framing" : "cut_off_message", bytes });
    } catch (error) {
      return exceptionOf(error);
    }
    return this.checkBalance(this.decoder.byteBalance());
  }

  private decode(input: Input, context: DatagramContext): Problem | undefined {
    const before = this.decoder.byteBalance();
    this.bytes += input.bytes.length;
    this.sink.busyMs = this.sink.flushes = 0;
    const cpu = process.cpuUsage();
    const started = performance.now();
    try {
      this.decoder.decode(this.surroundings ? this.surroundings.place(input.bytes) : input.bytes, context, this.sink);
    } catch (error) {
      return exceptionOf(error);
    }
    // The process's time and the wall's, whichever is less: other processes count against the one, threads of its own against the other.
    const used = process.cpuUsage(cpu);
    const ms = Math.min(performance.now() - started, (used.user + used.system) / 1000) - this.sink.busyMs;
    if (ms > this.slowest.ms) this.slowest = { ms, input };
    const balance = this.decoder.byteBalance();
    const problem = this.checkBalance(balance);
    if (problem) return this.findDefect() ?? problem;
    const stray = findStray(this.sink.batch);
    if (stray !== undefined) return { property: "rows", detail: stray };
    const readable = finished(balance) - finished(before);
    if (ms > MAX_MS_PER_64_KIB * Math.max(1, readable / 65_536))
      return { property: "slow", detail: `${Math.round(ms)} ms for ${input.bytes.length} bytes that made ${readable} readable` };
    return undefined;
  }

  private checkBalance(balance: ByteBalance): Problem | undefined {
    const isNegative = Object.values(balance).some((value: number) => value < 0);
    const isWhole = balance.received === this.bytes && balance.received === finished(balance) + balance.waiting;
    return isNegative || !isWhole ? { property: "balance", detail: `${this.bytes} bytes in: ${JSON.stringify(balance)}` } : undefined;
  }

  /** Writes down what the collector does now and then. */
  private look(nowMs: number): Problem | undefined {
    try {
      this.sink.tables.write(this.decoder, nowMs);
    } catch (error) {
      return exceptionOf(error);
    }
    return undefined;
  }

  private checkStats(): Problem | undefined {
    const stats = this.decoder.stats();
    for (const { dropped, skipped } of stats)
      for (const cause of [...Object.keys(dropped), ...Object.keys(skipped)]) this.causes.add(cause);
    const defect = this.findDefect(stats);
    if (defect) return defect;
    const rows = total(stats, "rows");
    if (this.decoder.givenUp().sessions === 0 && rows !== this.sink.flushedRows)
      return { property: "rows", detail: `${rows} rows counted, ${this.sink.flushedRows} written` };
    return this.checkCaps(stats);
  }

  private findDefect(stats: readonly ExporterStats[] = this.decoder.stats()): Problem | undefined {
    const met = stats.find(({ dropped }) => "internal_error" in dropped);
    return met && { property: "defect", detail: met.lastError ?? "an error without a message" };
  }

  private checkCaps(stats: readonly ExporterStats[]): Problem | undefined {
    const { limits } = this;
    const caps: readonly (readonly [name: string, value: number, cap: number])[] = [
      ["sessions", stats.length, limits.maxSessions],
      ["templates", total(stats, "templates"), limits.maxTemplates],
      ["templates of a session", Math.max(0, ...stats.map(({ templates }) => templates)), limits.maxTemplatesPerSession],
      ["waiting bytes", total(stats, "waitingBytes"), limits.maxWaitingBytes],
      ["waiting bytes of a session", Math.max(0, ...stats.map(({ waitingBytes }) => waitingBytes)), limits.maxWaitingBytesPerSession],
      ["ignored elements", this.decoder.ignoredElements().length, limits.maxIgnoredElements],
    ];
    const broken = caps.find(([, value, cap]) => value > cap);
    return broken && { property: "caps", detail: `${broken[1]} ${broken[0]}, the limit is ${broken[2]}` };
  }
}

let baseline: number | undefined;

function total(stats: readonly ExporterStats[], key: "rows" | "templates" | "waitingBytes"): number {
  return stats.reduce((sum, one) => sum + one[key], 0);
}

/** Bytes whose fate is known. */
function finished({ decoded, dropped, skipped }: ByteBalance): number {
  return decoded + dropped + skipped;
}

function exceptionOf(error: unknown): Problem {
  return { property: "exception", detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function digestOf(batch: FlowBatch): string {
  const hash = createHash("md5");
  for (const piece of encodeFlowBatch(batch).body) hash.update(piece);
  return hash.digest("hex");
}

/** A sink that looks at every value before it empties its batch. */
class CheckedSink implements FlowSink {
  readonly batch: FlowBatch;
  readonly isStubborn: boolean;
  readonly tables = new SideTables();
  flushedRows = 0;
  /** Time spent in checks while the decoder waited. */
  busyMs = 0;
  /** Number of the datagram at hand. */
  datagram = 0;
  /** Of the rows of each flush, when asked for. */
  readonly digests: { readonly datagram: number; readonly digest: string }[] = [];
  private readonly takesDigests: boolean;
  /** Flushes of the datagram at hand. */
  flushes = 0;
  problem: Problem | undefined;

  constructor(rows: number, isStubborn: boolean, takesDigests: boolean) {
    const batch = batches.get(rows) ?? new FlowBatch(rows);
    batches.set(rows, batch);
    batch.clearUncommitted();
    batch.reset();
    this.batch = batch;
    this.isStubborn = isStubborn;
    this.takesDigests = takesDigests;
  }

  flush(): void {
    if (!this.isStubborn) this.empty();
  }

  counters(row: InterfaceCounters): void {
    this.tables.add(row);
  }

  empty(): void {
    const started = performance.now();
    const { batch } = this;
    const detail = this.flushes++ < MAX_CHECKED_FLUSHES ? (findStray(batch) ?? findBadValue(batch)) : undefined;
    if (detail !== undefined) this.problem ??= { property: "rows", detail };
    this.flushedRows += batch.rows;
    if (this.takesDigests) this.digests.push({ datagram: this.datagram, digest: digestOf(batch) });
    batch.reset();
    this.busyMs += performance.now() - started;
  }
}
