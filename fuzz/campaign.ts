/** Rounds of a campaign: each plays one conversation that its seed and number tell, so any round can be played again alone. */
import { Random } from "../server/src/demo/index.ts";
import { findInCapture, type CaptureFile } from "./capture-files.ts";
import { makeConversation } from "./conversation.ts";
import type { Session } from "./corpus.ts";
import type { Conversation } from "./input.ts";
import { play, type Finding, type PlayResult, type Slowest } from "./play.ts";
import { shrink } from "./shrink.ts";
import { beat } from "./watchdog.ts";

/** Checks that cost as much as a round themselves (heap, surroundings) are made in one of so many. */
const SELDOM = 10;
/** Damaged capture files of a round. */
const FILES = 4;
/** How long a finding is made smaller. Unit: ms. */
const SHRINK_MS = 40_000;

export interface Campaign {
  readonly seed: number;
  readonly corpus: readonly Session[];
  readonly files: readonly CaptureFile[];
}

export interface Totals {
  rounds: number;
  datagrams: number;
  bytes: number;
  rows: number;
  slowest: Slowest;
  readonly causes: Set<string>;
}

export function emptyTotals(): Totals {
  return { rounds: 0, datagrams: 0, bytes: 0, rows: 0, slowest: { ms: 0, input: undefined }, causes: new Set() };
}

export function conversationOf({ seed, corpus }: Pick<Campaign, "seed" | "corpus">, round: number): Conversation {
  return makeConversation(new Random(mix(seed, round)), corpus);
}

/** Plays one round and adds it to the totals. */
export function playRound(campaign: Campaign, round: number, totals: Totals): PlayResult & { readonly conversation: Conversation } {
  const conversation = conversationOf(campaign, round);
  const result = play(conversation, {
    checksHeap: round % SELDOM === 0,
    checksAround: round % SELDOM === 5,
    onDatagram: (at) => beat(round, at),
  });
  totals.rounds++;
  totals.datagrams += conversation.inputs.length;
  totals.bytes += result.bytes;
  totals.rows += result.rows;
  for (const cause of result.causes) totals.causes.add(cause);
  if (result.slowest.ms > totals.slowest.ms) totals.slowest = result.slowest;
  return { ...result, finding: result.finding ?? playFiles(campaign, round), conversation };
}

function playFiles({ seed, files }: Campaign, round: number): Finding | undefined {
  const random = new Random(mix(seed, -round - 1));
  for (let n = 0; n < FILES; n++) {
    const detail = findInCapture(random, files);
    if (detail !== undefined) return { property: "capture", detail, at: 0 };
  }
  return undefined;
}

/** The smallest conversation found that shows the same. Heap depends on everything before: there only datagrams behind are left out. */
export function minimise({ setup, inputs }: Conversation, { property, at }: Finding): Conversation {
  const cut: Conversation = { setup, inputs: inputs.slice(0, at + 1) };
  if (property === "heap") return cut;
  const shows = (candidate: Conversation): boolean =>
    play(candidate, { checksAround: property === "around" }).finding?.property === property;
  return shrink(cut, { shows, until: performance.now() + SHRINK_MS });
}

/** Spreads seed and round over 32 bits, so that neighbours have nothing in common. */
function mix(seed: number, round: number): number {
  let hash = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(round + 1, 0xc2b2_ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb_352d);
  return (hash ^ (hash >>> 15)) >>> 0;
}
