/**
 * Room for the datagrams of one call of recvmmsg, and their senders. One batch serves all sockets of the process: a call's datagrams are
 * handled before the next call is made, and who keeps bytes copies them.
 *
 *   messages  mmsghdr[MESSAGES], which point to  senders  sockaddr[MESSAGES]  and by way of  vectors  iovec[MESSAGES]  to  payloads
 */
import { AF_INET, MSG_DONTWAIT, type Libc } from "./libc.ts";

/**
 * Datagrams of one call: enough that the call and the turn of the event loop around it cost little (1 us a datagram at 5, none to speak of
 * at 30), few enough that timers and other sockets wait for about a millisecond.
 */
const MESSAGES = 64;
/** No UDP payload is longer, so none is cut. */
const MAX_PAYLOAD = 65_535;
/** Distance of payloads: not a power of two, because then all would compete for the same lines of the processor's caches. */
const PAYLOAD_STRIDE = 65_536 + 1_536;
/** Room for a sockaddr_in6 (28 bytes). */
const SENDER_STRIDE = 32;
const SENDER_LENGTH = 28;

/** Last 32 bits but one of an IPv4 address mapped into IPv6, as they are in memory. */
const MAPPED_WORD = new Uint32Array(Uint8Array.of(0, 0, 0xff, 0xff).buffer)[0]!;

export class MessageBatch {
  readonly #libc: Libc;
  readonly #payloads = new ArrayBuffer(MESSAGES * PAYLOAD_STRIDE);
  readonly #senders = new DataView(new ArrayBuffer(MESSAGES * SENDER_STRIDE));
  readonly #senderWords = new Uint32Array(this.#senders.buffer);
  /** Kept only because messages point to it. */
  readonly #vectors: ArrayBuffer;
  readonly #messages: Uint8Array;
  readonly #messageWords: Uint32Array;
  /** In words of 32 bits. */
  readonly #at: { readonly stride: number; readonly nameLength: number; readonly received: number };

  constructor(libc: Libc) {
    const { vector, message } = libc.layout;
    this.#libc = libc;
    this.#vectors = new ArrayBuffer(MESSAGES * vector.size);
    this.#messages = new Uint8Array(MESSAGES * message.size);
    this.#messageWords = new Uint32Array(this.#messages.buffer);
    this.#at = { stride: message.size / 4, nameLength: message.nameLength / 4, received: message.received / 4 };
    const [payloads, senders, vectors] = [this.#payloads, this.#senders.buffer, this.#vectors].map((bytes) => libc.address(bytes)) as [
      bigint,
      bigint,
      bigint,
    ];
    const [toVectors, toMessages] = [new DataView(this.#vectors), new DataView(this.#messages.buffer)];
    for (let i = 0; i < MESSAGES; i++) {
      const [vectorAt, messageAt] = [i * vector.size, i * message.size];
      toVectors.setBigUint64(vectorAt + vector.base, payloads + BigInt(i * PAYLOAD_STRIDE), true);
      toVectors.setBigUint64(vectorAt + vector.length, BigInt(MAX_PAYLOAD), true);
      toMessages.setBigUint64(messageAt + message.name, senders + BigInt(i * SENDER_STRIDE), true);
      toMessages.setUint32(messageAt + message.nameLength, SENDER_LENGTH, true);
      toMessages.setBigUint64(messageAt + message.vectors, vectors + BigInt(vectorAt), true);
      toMessages.setBigUint64(messageAt + message.vectorCount, 1n, true);
    }
  }

  /** Takes what has arrived, at most MESSAGES. @returns how many; 0 also for an error, which concerns one datagram and not the socket */
  receive(fd: number): number {
    return Math.max(0, this.#libc.recvmmsg(fd, this.#messages, MESSAGES, MSG_DONTWAIT, null));
  }

  /** Holds until the next call of `receive`. */
  payload(i: number): Uint8Array {
    return new Uint8Array(this.#payloads, i * PAYLOAD_STRIDE, this.#messageWords[i * this.#at.stride + this.#at.received]);
  }

  /** Writes the address of a sender as four words in memory order, IPv4 mapped into IPv6. @returns its port */
  sender(i: number, address: Uint32Array): number {
    const words = this.#senderWords;
    const at = (i * SENDER_STRIDE) / 4;
    // The kernel wrote the length of what it gave.
    this.#messageWords[i * this.#at.stride + this.#at.nameLength] = SENDER_LENGTH;
    if (this.#senders.getUint16(i * SENDER_STRIDE, true) === AF_INET) {
      address[0] = address[1] = 0;
      address[2] = MAPPED_WORD;
      address[3] = words[at + 1]!;
    } else {
      for (let word = 0; word < 4; word++) address[word] = words[at + 2 + word]!;
    }
    return this.#senders.getUint16(i * SENDER_STRIDE + 2);
  }
}
