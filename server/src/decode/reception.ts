/** What every protocol does with a datagram first: find its session, count it in, say what holds for all its records; or refuse it. */
import type { ConnectionRest, DatagramContext, FlowSink, SamplingOverrides } from "./contract.ts";
import { toAddressWords } from "./bytes.ts";
import type { DropCause } from "./drop-cause.ts";
import type { MessageContext } from "./message-context.ts";
import { RATE_FROM } from "./rate-source.ts";
import type { SessionTable } from "./session-table.ts";
import type { Session } from "./session.ts";

/** Number in FLOW_TYPES of what is no protocol that is read. */
const UNKNOWN = 0;

/** A datagram on its way through `decode`. */
export interface Arrival {
  readonly view: DataView;
  readonly context: DatagramContext;
  readonly sink: FlowSink;
}

type MessageClock = Pick<MessageContext, "exportMs" | "uptimeMs" | "samplingRate">;

export class Reception {
  readonly table: SessionTable;
  /** The operator's word on sampling rates. */
  overrides: SamplingOverrides | undefined;
  /** Source address of the datagram at hand. */
  readonly source = new Uint32Array(4);

  constructor(table: SessionTable, overrides: SamplingOverrides | undefined) {
    this.table = table;
    this.overrides = overrides;
  }

  /** The next datagram, or message of a connection, comes from there. */
  begin({ source }: DatagramContext): void {
    toAddressWords(source, this.source);
  }

  /** The session of a sender that is itself the exporter. */
  session(flowType: number, obsDomain: number, context: DatagramContext): Session {
    return this.table.open(
      {
        flowType,
        obsDomain,
        source: this.source,
        sourcePort: context.sourcePort,
        exporter: this.source,
        connection: context.connection ?? 0,
      },
      context.receivedMs,
    );
  }

  /** Counts in. */
  see(session: Session, bytes: number, { receivedMs, localPort }: DatagramContext, datagrams: number): void {
    session.datagrams += datagrams;
    session.bytes += bytes;
    session.localPort = localPort ?? 0;
    session.lastSeenMs = receivedMs;
  }

  /** A datagram of which nothing can be read. */
  refuse({ view, context }: Arrival, cause: DropCause, error: string): void {
    const session = this.session(UNKNOWN, 0, context);
    this.see(session, view.byteLength, context, 1);
    session.drop(cause, view.byteLength, error);
  }

  /** Counts what a connection left behind that became no message. */
  refuseRest(context: DatagramContext, { cause, bytes }: ConnectionRest): void {
    const session = this.session(UNKNOWN, 0, { ...context, sourcePort: 0, connection: 0 });
    this.see(session, bytes, context, 0);
    session.drop(cause, bytes);
  }

  /** What holds for all records of a message: its clocks, and the sampling rate by header or operator. */
  message(session: Session, { receivedMs }: DatagramContext, { exportMs, uptimeMs, samplingRate }: MessageClock): MessageContext {
    if (exportMs !== 0) session.clock.observe(exportMs, receivedMs);
    const { flowType, obsDomain, exporter, source, sourcePort } = session.identity;
    const { overrides } = this;
    const ordered = overrides?.rateOf(exporter, 0) ?? 0;
    // Written out: this runs once a datagram, and spreading an object costs more than decoding a record.
    return {
      flowType,
      obsDomain,
      receivedMs,
      exportMs,
      uptimeMs,
      exporter,
      source,
      sourcePort,
      samplingRate: ordered === 0 ? samplingRate : ordered,
      samplingSource: ordered !== 0 ? RATE_FROM.operator : samplingRate !== 0 ? RATE_FROM.header : RATE_FROM.unknown,
      interfaceOverrides: overrides?.hasInterfaces(exporter) === true ? overrides : undefined,
      told: undefined,
      applications: undefined,
    };
  }
}
