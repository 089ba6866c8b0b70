import { createSocket, type Socket } from "node:dgram";
import { createRequire } from "node:module";
import { parseAddress } from "../flow/index.ts";
import type * as LibcModule from "./libc.ts";
import type * as OpenModule from "./open-receive-socket.ts";
import { openReceiveSocket } from "./open-receive-socket.ts";
import { RECEIVE_WAYS, type OnDatagram, type ReceiveSocket, type ReceiveSocketOptions, type ReceiveWay } from "./receive-socket.ts";
import { SourceTable } from "./source-table.ts";
import { until } from "../testing/until.ts";

/** What a socket gave, kept beyond the call: bytes as hexadecimal text where they are few, else their length. */
interface Got {
  readonly bytes: string | number;
  readonly source: string;
  readonly sourceBytes: Uint8Array;
  readonly sourcePort: number;
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function receiver(receive: ReceiveWay, options: Partial<ReceiveSocketOptions> = {}, onDatagram: OnDatagram = () => undefined) {
  const sources = new SourceTable(["private"]);
  const got: Got[] = [];
  const socket = await openReceiveSocket(
    { host: "127.0.0.1", port: 0, receive, receiveBuffer: 4 * 2 ** 20, sources, ...options },
    (datagram, source, sourcePort, from) => {
      const bytes = datagram.length > 32 ? datagram.length : Buffer.from(datagram).toString("hex");
      got.push({ bytes, source: source.text, sourceBytes: source.bytes, sourcePort });
      onDatagram(datagram, source, sourcePort, from);
    },
  );
  open.push(socket);
  return { socket, got };
}

async function sender(type: "udp4" | "udp6" = "udp4"): Promise<Socket> {
  const socket = createSocket({ type });
  await new Promise<void>((resolve) => socket.bind(0, type === "udp4" ? "127.0.0.1" : "::1", resolve));
  open.push(socket);
  return socket;
}

function send(from: Socket, to: ReceiveSocket, payload: Uint8Array, host = from.address().address): Promise<void> {
  return new Promise((resolve, reject) => from.send(payload, to.port, host, (error) => (error ? reject(error) : resolve())));
}

/** Batches need Linux and koffi; where they cannot be, the others are tested. */
function cannot(receive: ReceiveWay): boolean {
  if (receive === "single") return false;
  try {
    createRequire(__filename)("koffi");
    return process.platform !== "linux" || !["x64", "arm64"].includes(process.arch);
  } catch {
    return true;
  }
}

for (const receive of RECEIVE_WAYS) {
  (cannot(receive) ? describe.skip : describe)(`a socket that receives ${receive}`, () => {
    it("is what was asked for", async () => {
      const { socket } = await receiver(receive);
      expect(socket).toMatchObject({ receives: receive, host: "127.0.0.1", datagrams: 0, bytes: 0 });
      expect(socket.port).toBeGreaterThan(0);
      expect(socket.receiveBufferBytes).toBeGreaterThan(100_000);
    });

    it.each([
      { name: "IPv4", host: "127.0.0.1", type: "udp4", from: "127.0.0.1" },
      { name: "IPv6", host: "::1", type: "udp6", from: "::1" },
      { name: "IPv4 on a socket of both", host: "::", type: "udp4", from: "127.0.0.1" },
      { name: "IPv6 on a socket of both", host: "::", type: "udp6", from: "::1" },
      { name: "a host by name", host: "localhost", type: "udp4", from: "127.0.0.1" },
    ] as const)("tells sender and bytes of datagrams of every size: $name", async ({ host, type, from }) => {
      const { socket, got } = await receiver(receive, { host });
      const exporter = await sender(type);
      const sizes = [0, 1, 31, 1472, 9000, 65_507];
      // One after the other: an own buffer may not hold all of them.
      for (const [i, size] of sizes.entries()) {
        await send(exporter, socket, Buffer.alloc(size, i));
        await until(() => got.length > i);
      }
      expect(got.map(({ bytes }) => bytes)).toEqual(["", "01", "02".repeat(31), 1472, 9000, 65_507]);
      for (const one of got)
        expect(one).toMatchObject({ source: from, sourceBytes: parseAddress(from), sourcePort: exporter.address().port });
      expect(socket).toMatchObject({ datagrams: sizes.length, bytes: sizes.reduce((sum, size) => sum + size) });
    });

    it("keeps the order and the bytes of a burst of several batches", async () => {
      const { socket, got } = await receiver(receive);
      const exporter = await sender();
      const numbers = Array.from({ length: 200 }, (_, i) => Buffer.from([i, 255 - i]));
      await Promise.all(numbers.map((payload) => send(exporter, socket, payload)));
      await until(() => got.length === 200);
      expect(got.map(({ bytes }) => bytes)).toEqual(numbers.map((payload) => payload.toString("hex")));
    });

    it("does not mix sockets that receive at the same time", async () => {
      const receivers = await Promise.all(Array.from({ length: 20 }, () => receiver(receive)));
      const exporters = await Promise.all([sender(), sender()]);
      await Promise.all(
        receivers.flatMap(({ socket }, i) =>
          exporters.flatMap((exporter) => [1, 2, 3].map((n) => send(exporter, socket, Buffer.from([i, n])))),
        ),
      );
      await until(() => receivers.every(({ got }) => got.length === 6));
      for (const [i, { socket, got }] of receivers.entries()) {
        expect(socket.datagrams).toBe(6);
        for (const exporter of exporters) {
          const { port } = exporter.address();
          expect(got.filter(({ sourcePort }) => sourcePort === port).map(({ bytes }) => bytes)).toEqual(
            [1, 2, 3].map((n) => Buffer.from([i, n]).toString("hex")),
          );
        }
      }
    });

    it("lets promises of the handler go on, and timers run, while datagrams keep coming", async () => {
      let settled = 0;
      const { socket } = await receiver(receive, {}, () => void Promise.resolve().then(() => settled++));
      const exporter = await sender();
      for (let i = 0; i < 300; i++) await send(exporter, socket, Buffer.from([1]));
      await until(() => socket.datagrams === 300);
      expect([socket.datagrams, settled]).toEqual([300, 300]);
    });

    it("gives its port back when it is closed", async () => {
      const { socket } = await receiver(receive);
      await expect(receiver(receive, { port: socket.port })).rejects.toMatchObject({ code: "PORT_IN_USE" });
      await socket.close();
      open.splice(0);
      const { socket: next, got } = await receiver(receive, { port: socket.port });
      await send(await sender(), next, Buffer.from([7]));
      await until(() => got.length === 1);
      expect([got.length, socket.datagrams]).toEqual([1, 0]);
    });

    it.each(["192.0.2.1", "foo:bar"])("says that an address is none of this machine: %s", async (host) => {
      await expect(receiver(receive, { host })).rejects.toMatchObject({ code: "ADDRESS_UNKNOWN" });
    });
  });
}

describe("where koffi cannot be loaded", () => {
  it.each([
    { name: "not installed", error: Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" }) },
    { name: "without a binary for this system", error: new Error("Cannot find the native Koffi module") },
  ])("datagrams are received one at a time: $name", async ({ error }) => {
    jest.resetModules();
    const fails = (): never => {
      throw error;
    };
    jest.doMock("koffi", fails, { virtual: true });
    try {
      const { loadLibc } = jest.requireActual<typeof LibcModule>("./libc.ts");
      const { openReceiveSocket: openAgain } = jest.requireActual<typeof OpenModule>("./open-receive-socket.ts");
      expect(typeof (await loadLibc())).toBe("string");
      const sources = new SourceTable(["private"]);
      let datagrams = 0;
      const socket = await openAgain(
        { host: "127.0.0.1", port: 0, receive: "batches", receiveBuffer: 2 ** 20, sources },
        () => datagrams++,
      );
      open.push(socket);
      await send(await sender(), socket, Buffer.from([1]));
      await until(() => datagrams === 1);
      expect([socket.receives, datagrams]).toEqual(["single", 1]);
    } finally {
      jest.dontMock("koffi");
    }
  });
});
