/** Makes up a conversation from a seed: datagrams of a few exporters, most of them damaged, some made to exhaust, from a few addresses and ports. */
import type { Random } from "../server/src/demo/index.ts";
import { makeBomb } from "./bombs.ts";
import { EXPORT_MS, type Session } from "./corpus.ts";
import type { Conversation, Input, Setup } from "./input.ts";
import { mutate } from "./mutate.ts";

/** Datagrams of one conversation: long enough to fill caps, short enough to start afresh often. */
const DATAGRAMS = 400;
const SOURCES = ["192.0.2.1", "192.0.2.2", "2001:db8::1"];
/** Templates and data of one exporter may come from different ports. */
const PORTS = [2055, 2055, 2055, 2055, 4739, 6343];

/** Part of the datagrams that comes as a stream instead. */
const TCP_SHARE = 0.1;
const MAX_PIECES = 20;

export function makeConversation(random: Random, corpus: readonly Session[]): Conversation {
  const sessions = Array.from({ length: random.integer(1, 3) }, () => random.pick(corpus));
  const clock = { nowMs: EXPORT_MS };
  const inputs: Input[] = [];
  while (inputs.length < DATAGRAMS) {
    const session = random.pick(sessions);
    const source = SOURCES[sessions.indexOf(session)]!;
    const datagrams = makeDatagrams(random, session, corpus);
    const connection = random.chance(TCP_SHARE) ? random.integer(1, 4) : 0;
    for (const bytes of connection === 0 ? datagrams : makePieces(random, datagrams)) {
      inputs.push({
        bytes,
        source,
        port: connection === 0 ? random.pick(PORTS) : 50_000 + connection,
        connection,
        receivedMs: clock.nowMs,
      });
    }
    clock.nowMs += random.chance(0.002) ? 2_000_000 : random.integer(0, 500);
  }
  return { setup: makeSetup(random), inputs };
}

/** Datagrams as a stream of bytes, cut anywhere; sometimes the connection ends behind them. */
function makePieces(random: Random, datagrams: readonly Uint8Array[]): Uint8Array[] {
  const stream = Uint8Array.from(Buffer.concat(datagrams));
  const most = random.pick([3, 40, 1_460, 65_536]);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < stream.length && pieces.length < MAX_PIECES;) {
    const end = pieces.length === MAX_PIECES - 1 ? stream.length : Math.min(stream.length, at + random.integer(1, most));
    pieces.push(stream.subarray(at, end));
    at = end;
  }
  return random.chance(0.05) ? [...pieces, new Uint8Array(0)] : pieces;
}

function makeSetup(random: Random): Setup {
  return {
    limits: random.chance(0.5) ? "small" : "default",
    clampTimes: random.chance(0.7),
    sumCounters: random.chance(0.3),
    rows: random.pick([1, 7, 64, 512]),
    hasOperator: random.chance(0.2),
    isStubborn: random.chance(0.03),
  };
}

function makeDatagrams(random: Random, { datagrams }: Session, corpus: readonly Session[]): Uint8Array[] {
  const datagram = random.pick(datagrams);
  const kind = random.next();
  if (kind < 0.22) return [datagram];
  if (kind < 0.8) return [mutate(random, datagram, random.pick(random.chance(0.6) ? datagrams : random.pick(corpus).datagrams))];
  if (kind < 0.99) return [makeBomb(random)];
  return truncations(random, datagram);
}

/** Cut at every byte; of large datagrams at some. */
function truncations(random: Random, datagram: Uint8Array): Uint8Array[] {
  const step = Math.ceil(datagram.length / 300);
  const out: Uint8Array[] = [];
  for (let length = random.integer(0, step - 1); length < datagram.length; length += step) out.push(datagram.subarray(0, length));
  return out;
}
