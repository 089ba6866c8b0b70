/** Makes a conversation that shows something as small as it goes: fewer datagrams, fewer bytes, and zeros where the bytes do not matter. */
import type { Conversation, Input } from "./input.ts";

export interface ShrinkOptions {
  /** True if the conversation still shows it. */
  readonly shows: (conversation: Conversation) => boolean;
  /** When to be content with what there is, epoch ms of `performance.now`. */
  readonly until: number;
}

export function shrink(conversation: Conversation, { shows, until }: ShrinkOptions): Conversation {
  const { setup } = conversation;
  const holds = (inputs: readonly Input[]): boolean => performance.now() < until && inputs.length > 0 && shows({ setup, inputs });
  let inputs = removeChunks(conversation.inputs, holds);
  for (let i = 0; i < inputs.length; i++) {
    const withBytes = (bytes: Uint8Array): Input[] => inputs.with(i, { ...inputs[i]!, bytes });
    const bytes = removeBytes(inputs[i]!.bytes, (candidate) => holds(withBytes(candidate)));
    inputs = withBytes(zeroBytes(bytes, (candidate) => holds(withBytes(candidate))));
  }
  return { setup, inputs: removeChunks(inputs, holds) };
}

/** Leaves out halves, quarters, … down to single items. */
function removeChunks<T>(items: readonly T[], holds: (items: readonly T[]) => boolean): readonly T[] {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = kept.length - size; at > -size; at -= size) {
      const candidate = [...kept.slice(0, Math.max(at, 0)), ...kept.slice(at + size)];
      if (candidate.length < kept.length && holds(candidate)) kept = candidate;
    }
  }
  return kept;
}

function removeBytes(bytes: Uint8Array, holds: (bytes: Uint8Array) => boolean): Uint8Array {
  let kept = bytes;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = kept.length - size; at >= 0; at -= size) {
      const candidate = Uint8Array.from(Buffer.concat([kept.subarray(0, at), kept.subarray(at + size)]));
      if (holds(candidate)) kept = candidate;
    }
  }
  return kept;
}

function zeroBytes(bytes: Uint8Array, holds: (bytes: Uint8Array) => boolean): Uint8Array {
  let kept = bytes;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < kept.length; at += size) {
      const candidate = kept.slice().fill(0, at, at + size);
      if (Buffer.compare(candidate, kept) !== 0 && holds(candidate)) kept = candidate;
    }
  }
  return kept;
}
