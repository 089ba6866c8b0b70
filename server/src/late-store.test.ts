import { SillageError } from "@sillage/model";
import { LateWork } from "./late-store.ts";

const unavailable = new SillageError("unavailable", "STORE_UNAVAILABLE", "nobody listens");
const LONG_MS = 60_000;

describe("LateWork", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  function late(outcomes: (Error | undefined)[]): { work: LateWork; tries: () => number; errors: unknown[] } {
    const errors: unknown[] = [];
    let tries = 0;
    const work = new LateWork(
      () => {
        const outcome = outcomes[tries++];
        return outcome ? Promise.reject(outcome) : Promise.resolve();
      },
      (error) => errors.push(error),
    );
    return { work, tries: () => tries, errors };
  }

  it("is done at once when the store answers", async () => {
    const { work, tries } = late([undefined]);
    expect(await work.run()).toBe(true);
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(tries()).toBe(1);
  });

  it("is tried again until the store answers, and no more then", async () => {
    const { work, tries, errors } = late([unavailable, unavailable, undefined]);
    expect(await work.run()).toBe(false);
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(tries()).toBe(3);
    expect(errors).toEqual([]);
  });

  it("tells other errors: the first try to the caller, later ones apart", async () => {
    const denied = new SillageError("config", "STORE_DENIED", "wrong password");
    await expect(late([denied]).work.run()).rejects.toBe(denied);
    const { work, errors } = late([unavailable, denied]);
    await work.run();
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(errors).toEqual([denied]);
  });

  it("does not begin before the work that runs has ended", async () => {
    const order: string[] = [];
    const work = new LateWork(async () => {
      order.push("begin");
      await Promise.resolve();
      order.push("end");
    }, jest.fn());
    await Promise.all([work.run(), work.run()]);
    expect(order).toEqual(["begin", "end", "begin", "end"]);
  });

  it("is left when it is stopped", async () => {
    const { work, tries } = late([unavailable, undefined]);
    await work.run();
    work.stop();
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(tries()).toBe(1);
  });
});
