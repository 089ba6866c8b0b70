/**
 * The ports of the collector: opened at the start, changed while it runs, closed at the end. Changing them loses nothing: ports that stay are
 * not touched, new ones are open before old ones are closed, and what an old one still holds is read first. Only a port that moves to another
 * address, or is to be received from in another way, cannot be open twice: it is closed for the moment between the two.
 */
import { setImmediate, setTimeout } from "node:timers/promises";
import type { SillageError } from "@sillage/model";
import { takesTcp, type ListenConfig } from "./config.ts";
import { openReceiveSocket, possibleWay } from "./open-receive-socket.ts";
import type { OnDatagram, ReceiveSocket, ReceiveSocketOptions } from "./receive-socket.ts";
import { openTcpListener, type OnConnection, type TcpListener } from "./tcp-listener.ts";

/** Before a port is closed it is read until nothing came for so long, at most for so long. */
const DRAIN_QUIET_MS = 30;
const DRAIN_MAX_MS = 1_000;
/** After that, as long as each turn of the event loop brings something: a full receive buffer is read, a sender does not hold the end up. */
const DRAIN_MAX_TURNS = 5_000;

export interface ListenersConfig extends Pick<ReceiveSocketOptions, "receive" | "receiveBuffer"> {
  readonly listen: readonly ListenConfig[];
}

/** One port as it is wanted. */
interface Wanted {
  /** Equal for what stays open over a change. */
  readonly key: string;
  readonly transport: "udp" | "tcp";
  readonly host: string;
  readonly port: number;
  /** Of a UDP port. */
  readonly receive: ReceiveSocketOptions["receive"];
}

interface OpenPort {
  readonly wanted: Wanted;
  readonly socket: ReceiveSocket | TcpListener;
}

export interface ListenersHandler extends Pick<ReceiveSocketOptions, "sources"> {
  readonly onDatagram: OnDatagram;
  readonly onConnection: OnConnection;
  /** A TCP port takes no more connections, and those it has were read: they may end. */
  readonly onClosed: (listener: TcpListener) => void;
}

export class Listeners {
  readonly #handler: ListenersHandler;
  #open: readonly OpenPort[] = [];
  #receiveBuffer = 0;

  constructor(handler: ListenersHandler) {
    this.#handler = handler;
  }

  get udp(): ReceiveSocket[] {
    return this.#open.flatMap(({ socket }) => (isUdp(socket) ? [socket] : []));
  }

  get tcp(): TcpListener[] {
    return this.#open.flatMap(({ socket }) => (isUdp(socket) ? [] : [socket]));
  }

  /**
   * Opens what is wanted and not open.
   * @returns closes what is open and not wanted: to be called when everything else is ready for the new ports
   * @throws SillageError PORT_IN_USE and the others of listenError; then everything is as it was before
   */
  async open({ listen, receive, receiveBuffer }: ListenersConfig): Promise<() => Promise<void>> {
    const wanted = withKeys(listen, await possibleWay(receive));
    const keys = new Set(wanted.map(({ key }) => key));
    const before = this.#open;
    const surplus = before.filter((one) => !keys.has(one.wanted.key));
    const opened: OpenPort[] = [];
    const moved: OpenPort[] = [];
    try {
      for (const one of wanted) {
        if (before.some(({ wanted: { key } }) => key === one.key)) continue;
        const inTheWay = surplus.filter(
          (other) => other.wanted.port === one.port && other.wanted.transport === one.transport && !moved.includes(other),
        );
        opened.push(
          await this.#openPort(one, receiveBuffer).catch(async (error: unknown) => {
            if (inTheWay.length === 0 || (error as Partial<SillageError>).code !== "PORT_IN_USE") throw error;
            await this.#closePorts(inTheWay);
            moved.push(...inTheWay);
            return await this.#openPort(one, receiveBuffer);
          }),
        );
      }
    } catch (error) {
      await this.#closePorts(opened);
      // A port that somebody else took meanwhile stays closed: the first error is the one to tell.
      const again = await Promise.all(moved.map((one) => this.#openPort(one.wanted, this.#receiveBuffer).catch(() => undefined)));
      this.#open = before.flatMap((one) => (moved.includes(one) ? (again[moved.indexOf(one)] ?? []) : one));
      throw error;
    }
    const all = [...before, ...opened];
    this.#open = wanted.map(({ key }) => all.find((one) => one.wanted.key === key)!);
    if (receiveBuffer !== this.#receiveBuffer) for (const socket of this.udp) socket.askForBuffer(receiveBuffer);
    this.#receiveBuffer = receiveBuffer;
    return () => this.#closePorts(surplus.filter((one) => !moved.includes(one)));
  }

  /** Reads what has arrived, then closes everything. */
  async close(): Promise<void> {
    await this.#closePorts(this.#open);
  }

  async #openPort(wanted: Wanted, receiveBuffer: number): Promise<OpenPort> {
    const { transport, host, port, receive } = wanted;
    const { sources, onDatagram, onConnection } = this.#handler;
    const socket =
      transport === "udp"
        ? await openReceiveSocket({ host, port, receive, receiveBuffer, sources }, onDatagram)
        : await openTcpListener({ host, port }, onConnection);
    return { wanted, socket };
  }

  async #closePorts(ports: readonly OpenPort[]): Promise<void> {
    const sockets = ports.map(({ socket }) => socket);
    if (sockets.length === 0) return;
    for (const socket of sockets) if (!isUdp(socket)) await socket.close(); // takes no more connections
    await drain(sockets);
    for (const socket of sockets) {
      if (isUdp(socket)) await socket.close();
      else this.#handler.onClosed(socket);
    }
  }
}

function isUdp(socket: ReceiveSocket | TcpListener): socket is ReceiveSocket {
  return "receiveBufferBytes" in socket;
}

/** Ports with their keys; the system's choice (port 0) may be wanted several times. */
function withKeys(listen: readonly ListenConfig[], receive: Wanted["receive"]): Wanted[] {
  const times = new Map<string, number>();
  return listen.flatMap((one) =>
    (takesTcp(one) ? (["udp", "tcp"] as const) : (["udp"] as const)).map((transport) => {
      const { host, port } = one;
      const name = `${transport === "udp" ? `udp in ${receive}` : transport} ${host} ${port}`;
      const time = (times.get(name) ?? 0) + 1;
      times.set(name, time);
      return { key: `${name} ${time}`, transport, host, port, receive };
    }),
  );
}

/** Waits until the kernel holds nothing more: until a short silence. */
async function drain(sockets: readonly (ReceiveSocket | TcpListener)[]): Promise<void> {
  const received = (): number => sockets.reduce((sum, socket) => sum + (isUdp(socket) ? socket.bytes : socket.counts.bytes), 0);
  const endMs = performance.now() + DRAIN_MAX_MS;
  for (let before = -1; before !== received() && performance.now() < endMs;) {
    before = received();
    await setTimeout(DRAIN_QUIET_MS);
    await turn();
  }
  // On a busy machine that may have been one look.
  for (let [before, turns] = [-1, 0]; before !== received() && turns < DRAIN_MAX_TURNS; turns++) {
    before = received();
    await turn();
  }
}

/** Lets the event loop look at every socket once: it does between two immediates. */
async function turn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
