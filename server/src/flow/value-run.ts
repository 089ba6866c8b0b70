/**
 * A column whose value holds for many rows one after the other: who sent them, when they came. The value is noted when it begins and written
 * when another begins or somebody reads the batch (`FlowBatch.settle`): datagrams of one exporter that come together share it, and one long
 * fill costs a fraction of many short ones.
 */
import type { Column } from "./column.ts";

/** Rows that are written one by one; the rest of a run is copied from them. */
const SEED_ROWS = 32;

export class ValueRun {
  private readonly column: Column;
  /** First row of the value that is not written yet; -1: no value is noted. */
  private from = -1;
  /** The value: numbers have two words, addresses four. Kept as signed words, which V8 holds without boxing. */
  private w0 = 0;
  private w1 = 0;
  private w2 = 0;
  private w3 = 0;

  constructor(column: Column) {
    this.column = column;
  }

  /** From `row` on, rows hold this number; `high` are the bits above the lower 32. */
  begin(row: number, low: number, high = 0): void {
    if (this.from >= 0 && this.w0 === (low | 0) && this.w1 === (high | 0)) return;
    this.end(row);
    this.note(row, low, high);
  }

  /** From `row` on, rows hold this address, four words in memory order. */
  beginAddress(row: number, words: Uint32Array): void {
    const w0 = words[0]! | 0;
    const w1 = words[1]! | 0;
    const w2 = words[2]! | 0;
    const w3 = words[3]! | 0;
    // The last words differ most often.
    if (this.from >= 0 && this.w3 === w3 && this.w2 === w2 && this.w1 === w1 && this.w0 === w0) return;
    this.end(row);
    this.w2 = w2;
    this.w3 = w3;
    this.note(row, w0, w1);
  }

  /** Writes the rows before `end`; the value goes on. */
  settle(end: number): void {
    const { from } = this;
    if (from < 0 || from >= end) return;
    const seedEnd = Math.min(end, from + SEED_ROWS);
    this.writeSeed(from, seedEnd);
    const { u8, width } = this.column;
    const start = from * width;
    const bytes = (end - from) * width;
    for (let done = (seedEnd - from) * width; done < bytes; done *= 2)
      u8.copyWithin(start + done, start, start + Math.min(done, bytes - done));
    this.from = end;
  }

  /** Writes the rows before `end`; the rows behind it are somebody else's. */
  end(end: number): void {
    this.settle(end);
    this.from = -1;
  }

  /** The batch is emptied: nothing is to be written. */
  forget(): void {
    this.from = -1;
  }

  private note(row: number, w0: number, w1: number): void {
    this.w0 = w0 | 0;
    this.w1 = w1 | 0;
    if ((this.w0 | this.w1 | this.w2 | this.w3) === 0) return; // what nobody writes is zero
    this.column.touched = true;
    this.from = row;
  }

  private writeSeed(from: number, end: number): void {
    const { column, w0, w1, w2, w3 } = this;
    const { u32 } = column;
    switch (column.width) {
      case 1:
        for (let i = from; i < end; i++) column.u8[i] = w0;
        return;
      case 2:
        for (let i = from; i < end; i++) column.u16[i] = w0;
        return;
      case 4:
        for (let i = from; i < end; i++) u32[i] = w0;
        return;
      case 8:
        for (let i = from * 2; i < end * 2; i += 2) {
          u32[i] = w0;
          u32[i + 1] = w1;
        }
        return;
      default:
        for (let i = from * 4; i < end * 4; i += 4) {
          u32[i] = w0;
          u32[i + 1] = w1;
          u32[i + 2] = w2;
          u32[i + 3] = w3;
        }
    }
  }
}
