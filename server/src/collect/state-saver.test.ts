import type { Logger } from "../log.ts";
import { StateSaver } from "./state-saver.ts";

/** A decoder whose state changes on command, a file that takes a while, and a clock. */
function setup(takesMs = 10) {
  const state = { changes: 0, nowMs: 1_000_000, saved: [] as number[], fail: false, logged: 0 };
  const owner = { saveState: () => [], stateChanges: () => state.changes, restoreState: () => undefined };
  const file = {
    async save(): Promise<void> {
      state.saved.push(state.changes);
      await Promise.resolve();
      state.nowMs += takesMs;
      if (state.fail) throw new Error("ENOSPC");
    },
  };
  const log = { error: () => state.logged++ } as unknown as Logger;
  const saver = new StateSaver(owner, { file, log, now: () => state.nowMs });
  const tick = async (afterMs: number): Promise<void> => {
    state.nowMs += afterMs;
    saver.tick();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { state, saver, tick };
}

describe("StateSaver", () => {
  it("saves when something changed, not when nothing did", async () => {
    const { state, tick } = setup();
    await tick(1_000);
    state.changes = 3;
    await tick(1_000);
    await tick(60_000);
    expect(state.saved).toEqual([3]);
  });

  it("saves every few seconds at most, and less often when it takes long", async () => {
    const quick = setup();
    for (let i = 0; i < 20; i++) {
      quick.state.changes++;
      await quick.tick(1_000);
    }
    expect(quick.state.saved.length).toBe(4);
    const slow = setup(1_000);
    for (let i = 0; i < 100; i++) {
      slow.state.changes++;
      await slow.tick(1_000);
    }
    expect(slow.state.saved.length).toBe(2);
  });

  it("saves what has not changed now and then: who was heard lately is part of it", async () => {
    const { state, tick } = setup();
    await tick(3_500_000);
    await tick(200_000);
    expect(state.saved).toEqual([0]);
  });

  it("tries again when the disk refuses, and logs it once a minute", async () => {
    const { state, tick } = setup();
    state.changes = 1;
    state.fail = true;
    for (let i = 0; i < 5; i++) await tick(6_000);
    expect(state).toMatchObject({ saved: [1, 1, 1, 1, 1], logged: 1 });
    state.fail = false;
    await tick(6_000);
    await tick(6_000);
    expect(state.saved).toHaveLength(6);
  });

  it("saves at the end what there is then, after a writing that is under way", async () => {
    const { state, saver } = setup();
    state.changes = 1;
    saver.tick();
    state.changes = 2;
    await saver.finish();
    expect(state.saved).toEqual([1, 2]);
  });
});
