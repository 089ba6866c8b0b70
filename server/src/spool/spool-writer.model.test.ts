/**
 * Random offers, disk failures, crashes, restarts and deliveries against a model in memory. What is claimed: a segment that was
 * acknowledged is never lost, a segment on disk is always whole and was offered exactly once, a restart leaves no debris.
 */
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { spoolConfigSchema } from "./config.ts";
import { parseSegmentName, type SegmentSidecar } from "./segment.ts";
import { createSpoolWriter, type SpoolWriter } from "./spool-writer.ts";
import { MemoryDisk } from "./testing/memory-disk.ts";

type Action =
  | { readonly kind: "offer"; readonly rows: number; readonly bytes: number }
  | { readonly kind: "turns"; readonly count: number }
  | { readonly kind: "fail"; readonly count: number; readonly code: string }
  | { readonly kind: "crash"; readonly afterOperations: number; readonly seed: number }
  | { readonly kind: "deliver" };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("offer" as const),
      rows: fc.integer({ min: 1, max: 70_000 }),
      bytes: fc.integer({ min: 8, max: 2_500_000 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("turns" as const), count: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fail" as const),
      count: fc.integer({ min: 1, max: 8 }),
      code: fc.constantFrom("ENOSPC", "EIO", "EROFS"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const), afterOperations: fc.nat(20), seed: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("deliver" as const) }) },
);

/** A small generator, so that a failing run can be repeated from its numbers. */
function chanceFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class World {
  disk = new MemoryDisk();
  writer!: SpoolWriter;
  #boot = 1_000;
  #nextId = 1;
  /** Identities taken by the writer of this boot, in order. */
  #accepted: number[] = [];
  readonly #offered = new Map<number, number>();
  readonly #acknowledged = new Set<number>();
  readonly #delivered = new Set<number>();

  async start(): Promise<void> {
    const config = { ...spoolConfigSchema.parse({}), maxBytes: 30_000_000, maxPendingBytes: 8_000_000 };
    this.writer = createSpoolWriter(
      { config, folder: "/spool/lab", collector: "lab", bootMs: this.#boot++ },
      { disk: this.disk, delay: turn },
    );
    this.#accepted = [];
    await this.writer.start();
    expect([...this.disk.files().keys()].filter((file) => parseSegmentName(file.replace(/\.json$/, "")) === undefined)).toEqual([]);
  }

  offer(rows: number, bytes: number): void {
    const id = this.#nextId++;
    const body = new Uint8Array(bytes);
    new DataView(body.buffer).setUint32(0, id);
    const refusal = this.writer.offer("flows", {
      rows,
      columns: [{ name: "id", type: "UInt32" }],
      body: [body.subarray(0, 3), body.subarray(3)],
    });
    body.fill(0xff); // the receive loop uses its memory again at once
    if (refusal) return;
    this.#accepted.push(id);
    this.#offered.set(id, rows);
  }

  async crash(afterOperations: number, seed: number): Promise<void> {
    this.disk.crashAfter(afterOperations);
    for (let i = 0; i < 40; i++) await turn();
    this.acknowledge();
    this.disk = this.disk.reboot(chanceFrom(seed));
    this.check();
    await this.start();
  }

  /** The store takes the oldest segment. */
  deliver(): void {
    const oldest = [...this.segments()].sort(([a], [b]) => (a < b ? -1 : 1))[0];
    if (!oldest) return;
    const [file, id] = oldest;
    expect(this.#delivered.has(id)).toBe(false);
    this.#delivered.add(id);
    this.disk.takeAway(file);
    this.disk.takeAway(`${file}.json`);
  }

  /** Segments become durable in order, so a count tells which. */
  acknowledge(): void {
    for (const id of this.#accepted.slice(0, this.writer.stats().durableSegments)) this.#acknowledged.add(id);
  }

  /** Every body with a final name: whole, known, once. */
  segments(): Map<string, number> {
    const files = this.disk.files();
    const found = new Map<string, number>();
    for (const [file, body] of files) {
      const name = parseSegmentName(file);
      if (!name) continue;
      const sidecar = JSON.parse(Buffer.from(files.get(`${file}.json`)!).toString()) as SegmentSidecar;
      expect(body.byteLength).toBe(sidecar.bytes);
      expect(crc32(body).toString(16).padStart(8, "0")).toBe(sidecar.crc32);
      const id = new DataView(body.buffer, body.byteOffset).getUint32(0);
      expect([name.rows, sidecar.rows]).toEqual([this.#offered.get(id), this.#offered.get(id)]);
      found.set(file, id);
    }
    return found;
  }

  check(): void {
    const onDisk = [...this.segments().values()];
    expect(new Set(onDisk).size).toBe(onDisk.length);
    const all = new Set([...onDisk, ...this.#delivered]);
    expect([...this.#acknowledged].filter((id) => !all.has(id))).toEqual([]);
    expect(onDisk.filter((id) => this.#delivered.has(id))).toEqual([]);
  }

  async settle(): Promise<void> {
    await this.writer.drained();
    this.acknowledge();
    this.check();
    expect([...this.#accepted].filter((id) => !this.#acknowledged.has(id))).toEqual([]);
  }
}

describe("the spool against a model", () => {
  it("loses nothing that was acknowledged and invents nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60 }), async (actions) => {
        const world = new World();
        await world.start();
        for (const step of actions) {
          if (step.kind === "offer") world.offer(step.rows, step.bytes);
          else if (step.kind === "fail") world.disk.failNext(step.count, step.code);
          else if (step.kind === "deliver") world.deliver();
          else if (step.kind === "crash") await world.crash(step.afterOperations, step.seed);
          else for (let i = 0; i < step.count; i++) await turn();
        }
        await world.settle();
      }),
      { numRuns: 150 },
    );
  });
});
