import { FairQueue } from "./fair-queue.ts";

/** Tasks that end when the test says so; `started` has their names in order. */
function tasks(queue: FairQueue) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    started,
    add: (client: string, name: string, signal?: AbortSignal) =>
      queue.run(
        client,
        () =>
          new Promise<void>((resolve) => {
            started.push(name);
            ends.set(name, resolve);
          }),
        signal,
      ),
    end: async (name: string): Promise<void> => {
      await settle();
      ends.get(name)!();
      await settle();
    },
  };
}

const options = { concurrency: 1, maxWaiting: 3, maxWaitMs: 60_000 };

it("serves clients in turn, each in its own order", async () => {
  const queue = new FairQueue({ ...options, maxWaiting: 10 });
  const { add, end, started } = tasks(queue);
  const all = [add("dashboard", "d1"), add("dashboard", "d2"), add("dashboard", "d3"), add("alert", "a1"), add("alert", "a2")];
  for (const name of ["d1", "d2", "a1", "d3", "a2"]) await end(name);
  await Promise.all(all);
  expect(started).toEqual(["d1", "d2", "a1", "d3", "a2"]);
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

it("runs no more at once than it may, and refuses more than may wait", async () => {
  const queue = new FairQueue(options);
  const { add, end } = tasks(queue);
  const all = ["1", "2", "3", "4"].map((name) => add("c", name));
  expect([queue.running, queue.waiting]).toEqual([1, 3]);
  await expect(add("c", "5")).rejects.toMatchObject({ code: "QUEUE_FULL", kind: "unavailable" });
  for (const name of ["1", "2", "3", "4"]) await end(name);
  await Promise.all(all);
});

it("forgets who gave up while waiting, and goes on after a task that failed", async () => {
  const queue = new FairQueue(options);
  const { add, end, started } = tasks(queue);
  const abort = new AbortController();
  const failing = queue.run("c", () => Promise.reject(new Error("no")));
  const gone = add("c", "gone", abort.signal);
  const next = add("c", "next");
  abort.abort();
  await expect(gone).rejects.toMatchObject({ code: "QUERY_CANCELLED", kind: "cancelled" });
  await expect(failing).rejects.toThrow("no");
  await end("next");
  await next;
  expect(started).toEqual(["next"]);
});

it("lets nobody wait longer than it says", async () => {
  const queue = new FairQueue({ ...options, maxWaitMs: 10 });
  const { add, end } = tasks(queue);
  const running = add("c", "running");
  await expect(add("c", "late")).rejects.toMatchObject({ code: "QUEUE_TIMEOUT" });
  await end("running");
  await running;
});
