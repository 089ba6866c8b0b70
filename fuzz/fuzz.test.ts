import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { FlowBatch } from "../server/src/flow/index.ts";
import { conversationOf, emptyTotals, playRound } from "./campaign.ts";
import { findBadValue, findStray } from "./check-batch.ts";
import { loadCaptureFiles } from "./capture-files.ts";
import { CAPTURES, loadCorpus, ownSessions } from "./corpus.ts";
import { formatConversation, parseConversation, type Conversation } from "./input.ts";
import { play } from "./play.ts";
import { shrink } from "./shrink.ts";

const FOUND = path.join(__dirname, "found");
const found = existsSync(FOUND) ? readdirSync(FOUND).filter((file) => file.endsWith(".txt")) : [];

describe("fuzzing the decoders", () => {
  it("finds nothing in some thousand datagrams", () => {
    const campaign = { seed: 1, corpus: loadCorpus(), files: loadCaptureFiles(CAPTURES) };
    const totals = emptyTotals();
    for (let round = 0; round < 10; round++) {
      const { finding } = playRound(campaign, round, totals);
      if (finding) throw new Error(`round ${round} of seed 1: ${finding.property}: ${finding.detail}`);
    }
    expect(totals.datagrams).toBeGreaterThan(3_000);
    expect(totals.rows).toBeGreaterThan(1_000);
    expect(totals.causes.size).toBeGreaterThan(15);
  });

  if (found.length > 0)
    it.each(found)("does not find again: %s", (file) => {
      expect(play(parseConversation(readFileSync(path.join(FOUND, file), "utf8"))).finding).toBeUndefined();
    });

  it("makes the same datagrams of the same seed, and others of another", () => {
    const corpus = ownSessions();
    const text = (seed: number, round: number): string => formatConversation(conversationOf({ seed, corpus }, round), "");
    expect(text(7, 3)).toBe(text(7, 3));
    expect(new Set([text(7, 3), text(7, 4), text(8, 3)]).size).toBe(3);
  });

  it("keeps a conversation in a file as it was", () => {
    const conversation = conversationOf({ seed: 2, corpus: ownSessions() }, 0);
    expect(parseConversation(formatConversation(conversation, "because"))).toEqual(conversation);
  });

  it("makes a finding as small as it goes", () => {
    const { setup, inputs } = conversationOf({ seed: 3, corpus: ownSessions() }, 0);
    const at = inputs.findIndex(({ bytes }) => bytes.length > 100);
    const inserted = inputs.with(at, { ...inputs[at]!, bytes: inputs[at]!.bytes.with(50, 0x42).with(60, 0x43) });
    const shows = ({ inputs: left }: Conversation): boolean =>
      left.some(({ bytes }) => bytes.includes(0x42) && bytes.indexOf(0x43, bytes.indexOf(0x42)) > bytes.indexOf(0x42) + 1);
    const small = shrink({ setup, inputs: inserted }, { shows, until: Infinity });
    expect(small.inputs.map(({ bytes }) => [...bytes])).toEqual([[0x42, 0, 0x43]]);
  });
});

describe("the checks of rows", () => {
  const touched = (batch: FlowBatch, name: Parameters<FlowBatch["column"]>[0]): ReturnType<FlowBatch["column"]> => {
    const column = batch.column(name);
    column.touched = true;
    return column;
  };
  const stray: { name: string; write: (batch: FlowBatch) => void; want: RegExp }[] = [
    { name: "a byte behind the rows", write: (batch) => (touched(batch, "proto").u8[1] = 6), want: /^proto has bytes that no row owns/ },
    { name: "a column that is not marked", write: (batch) => (batch.column("proto").u8[0] = 6), want: /not marked/ },
  ];
  it.each(stray)("see $name", ({ write, want }) => {
    const batch = new FlowBatch(4);
    batch.rows = 1;
    expect(findStray(batch)).toBeUndefined();
    write(batch);
    expect(findStray(batch)).toMatch(want);
  });

  const utf8 = new TextEncoder();
  const values: { name: string; write: (batch: FlowBatch) => void; want: RegExp }[] = [
    {
      name: "a number that its enumeration does not name",
      write: (batch) => (touched(batch, "flow_type").u8[0] = 99),
      want: /flow_type is 99/,
    },
    { name: "a time after 2299", write: (batch) => (touched(batch, "time_end").u32[1] = 0xffff_ffff), want: /time_end is/ },
    { name: "an end before the start", write: (batch) => (touched(batch, "time_start").u32[0] = 5), want: /a flow from 5 to 0 ms/ },
    {
      name: "an IPv4 flow with half an IPv6 address",
      write: (batch) => {
        touched(batch, "ip_version").u8[0] = 4;
        touched(batch, "src_addr").u8[0] = 0x20;
      },
      want: /src_addr of an IPv4 flow/,
    },
    { name: "a NUL in a text", write: (batch) => batch.text("user").set(0, utf8.encode("a\0b")), want: /user: a NUL/ },
    { name: "bytes that are no UTF-8", write: (batch) => batch.text("user").set(0, Uint8Array.of(0xff)), want: /user: no UTF-8/ },
    {
      name: "a list without end",
      write: (batch) => {
        for (let i = 0; i < 1_001; i++) batch.list("mpls_labels").push(0, i);
      },
      want: /mpls_labels: a list of 1001/,
    },
  ];
  it.each(values)("see $name", ({ write, want }) => {
    const batch = new FlowBatch(4);
    touched(batch, "packets").u32[0] = 1;
    batch.rows = 1;
    expect(findBadValue(batch)).toBeUndefined();
    write(batch);
    expect(findBadValue(batch)).toMatch(want);
  });
});
