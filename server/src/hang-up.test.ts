import { watchTerminal } from "./hang-up.ts";

describe("watchTerminal", () => {
  it.each([
    { name: "a terminal that is there", hasTerminal: true, before: true, after: true, isGone: false },
    { name: "a terminal that is gone", hasTerminal: true, before: true, after: false, isGone: true },
    { name: "no terminal ever", hasTerminal: false, before: false, after: false, isGone: false },
    { name: "nohup, which gives files for streams", hasTerminal: false, before: true, after: false, isGone: false },
    { name: "a terminal that was never its own", hasTerminal: true, before: false, after: false, isGone: false },
  ])("with $name: gone is $isGone", ({ hasTerminal, before, after, isGone }) => {
    let canOpen = before;
    const isTerminalGone = watchTerminal(hasTerminal, () => canOpen);
    canOpen = after;
    expect(isTerminalGone()).toBe(isGone);
  });
});
