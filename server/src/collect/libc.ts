/**
 * The calls of libc that Node does not offer and that receiving in batches needs, by way of koffi (a foreign function interface with ready
 * binaries). koffi is an optional dependency: where it is missing or does not load, `loadLibc` says why, and datagrams are received by Node's
 * dgram. Constants are Linux's on x64 and arm64; layouts of structures are koffi's, which knows alignment and sizes of the machine.
 */
import type * as Koffi from "koffi";

/** Waits for a descriptor in Node's event loop. */
export interface Readiness {
  /** Goes on after an error of the descriptor. */
  start(options: { readable: boolean }, onReady: (status: unknown) => void): void;
  close(): void;
}

/** All but `close` return -1 on failure; `failure` has the error then, if asked before the next call. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number;
  setsockopt(fd: number, level: number, option: number, value: Int32Array, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Int32Array, length: Uint32Array): number;
  recvmmsg(fd: number, messages: Uint8Array, count: number, flags: number, timeout: null): number;
  close(fd: number): number;
  /** The error of the last call. */
  failure(call: string): NodeJS.ErrnoException;
  /** Calls back while `fd` can be read, once a turn of the event loop. */
  whenReadable(fd: number, onReady: (status: unknown) => void): Readiness;
  /** Where the bytes are. */
  address(bytes: ArrayBuffer): bigint;
  readonly layout: MessageLayout;
}

/** Sizes and offsets in bytes. */
export interface MessageLayout {
  /** struct iovec */
  readonly vector: { readonly size: number; readonly base: number; readonly length: number };
  /** struct mmsghdr, with its msghdr in front */
  readonly message: {
    readonly size: number;
    readonly name: number;
    readonly nameLength: number;
    readonly vectors: number;
    readonly vectorCount: number;
    readonly received: number;
  };
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x8_0000;
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
/** Beyond net.core.rmem_max, for who has the capability CAP_NET_ADMIN. */
export const SO_RCVBUFFORCE = 33;
export const MSG_DONTWAIT = 0x40;

/** Where the constants above hold. */
const ARCHITECTURES = ["x64", "arm64"];

let loaded: Promise<Libc | string> | undefined;

/** The calls, or a phrase that says why there are none. Loaded once in a process. */
export function loadLibc(): Promise<Libc | string> {
  return (loaded ??= load());
}

async function load(): Promise<Libc | string> {
  const { platform, arch } = process;
  if (platform !== "linux" || !ARCHITECTURES.includes(arch)) return `not known for ${platform} on ${arch}`;
  try {
    const libc = bindCalls(await import("koffi"));
    return libc.recvmmsg(-1, new Uint8Array(0), 0, 0, null) < 0 && libc.failure("recvmmsg").code !== "EBADF"
      ? "the system does not let this process call recvmmsg"
      : libc;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" ? "the package koffi is not installed" : message.split("\n")[0]!;
  }
}

function bindCalls(koffi: typeof Koffi): Libc {
  const libc = koffi.load(null);
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
  const vector = koffi.struct({ base: "void *", length: "size_t" });
  const header = koffi.struct({
    ...{ name: "void *", nameLength: "uint32_t" },
    ...{ vectors: "void *", vectorCount: "size_t" },
    ...{ control: "void *", controlLength: "size_t", flags: "int" },
  });
  const message = koffi.struct({ header, received: "uint32_t" });
  const offset = (type: Koffi.TypeObject, member: string): number => koffi.offsetof(type, member);
  return {
    socket: libc.func("socket", "int", ["int", "int", "int"]),
    bind: libc.func("bind", "int", ["int", "void *", "uint32_t"]),
    getsockname: libc.func("getsockname", "int", ["int", "void *", "void *"]),
    setsockopt: libc.func("setsockopt", "int", ["int", "int", "int", "void *", "uint32_t"]),
    getsockopt: libc.func("getsockopt", "int", ["int", "int", "int", "void *", "void *"]),
    recvmmsg: libc.func("recvmmsg", "int", ["int", "void *", "uint32_t", "int", "void *"]),
    close: libc.func("close", "int", ["int"]),
    failure(call) {
      const number = koffi.errno();
      const code = names.get(number) ?? `errno ${number}`;
      return Object.assign(new Error(`${call} ${code}`), { code });
    },
    // Calls back with a status in front of the events, which its types leave out.
    whenReadable: (fd, onReady) => koffi.node.poll(fd, { readable: true }, onReady),
    address: (bytes) => koffi.address(bytes),
    layout: {
      vector: { size: koffi.sizeof(vector), base: offset(vector, "base"), length: offset(vector, "length") },
      message: {
        size: koffi.sizeof(message),
        name: offset(header, "name"),
        nameLength: offset(header, "nameLength"),
        vectors: offset(header, "vectors"),
        vectorCount: offset(header, "vectorCount"),
        received: offset(message, "received"),
      },
    },
  };
}
