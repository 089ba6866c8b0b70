import { ClockOffset } from "./clock-offset.ts";

const NOW = 1_790_000_000_000;

function offsetOf(datagrams: readonly (readonly [exportMs: number, receivedMs: number])[]): number {
  const clock = new ClockOffset();
  for (const [exportMs, receivedMs] of datagrams) clock.observe(exportMs, receivedMs);
  return clock.offsetMs;
}

describe("the clock of an exporter", () => {
  it("is unknown until a header tells a time", () => {
    expect(offsetOf([])).toBeNaN();
  });

  it.each([
    { name: "is right", ageMs: 0 },
    { name: "is ahead by 5 minutes", ageMs: -300_000 },
    { name: "is behind by 49 days", ageMs: 4_233_600_000 },
  ])("$name, whatever the way took", ({ ageMs }) => {
    const delays = [80, 3, 400, 12, 2_500];
    const datagrams = delays.map((delay, i) => [NOW + i * 1_000 - ageMs - delay, NOW + i * 1_000] as const);
    expect(offsetOf(datagrams)).toBe(-ageMs - 3);
  });

  it("is told to less than the step of whole seconds once datagrams have come at other parts of a second", () => {
    const datagrams = Array.from({ length: 20 }, (_, i) => NOW + i * 1_370).map((at) => [Math.floor(at / 1000) * 1000, at] as const);
    expect(offsetOf(datagrams)).toBeGreaterThan(-100);
  });

  it("is followed when it is set, within two minutes", () => {
    const clock = new ClockOffset();
    const runFor = (seconds: number, from: number, ageMs: number): void => {
      for (let s = 0; s < seconds; s++) clock.observe(NOW + (from + s) * 1_000 - ageMs, NOW + (from + s) * 1_000);
    };
    runFor(600, 0, -3_600_000);
    expect(clock.offsetMs).toBe(3_600_000);
    runFor(121, 600, 0);
    expect(Math.abs(clock.offsetMs)).toBe(0);
  });

  it("is followed when ours is set back", () => {
    const clock = new ClockOffset();
    clock.observe(NOW, NOW + 3_600_000);
    clock.observe(NOW + 1_000, NOW + 1_000);
    expect(Math.abs(clock.offsetMs)).toBe(0);
  });
});
