/**
 * All sessions, found by their key, and the caps on what they hold together. What an exporter (or somebody with a forged source address)
 * can make the decoder remember is bounded; beyond a cap the least recently used tenth goes at once, so that eviction costs little per
 * datagram however many sources there are. Sessions that never delivered a record go first.
 */
import { ConnectionSessions } from "./connection-sessions.ts";
import { ConnectionBudget, ConnectionTotals } from "./connection-totals.ts";
import type { ByteBalance, ExporterStats } from "./contract.ts";
import type { DecoderLimits } from "./limits.ts";
import { Exporter } from "./exporter.ts";
import { FactTable } from "./fact-table.ts";
import { IgnoredElements, IgnoredElementsBudget } from "./ignored-elements.ts";
import { SampleSources, SampleSourcesBudget } from "./sample-sources.ts";
import { Session } from "./session.ts";
import { addressKey, groupKey, isSameAddress, keepIdentity, socketKey, type SessionIdentity } from "./session-identity.ts";
import { SiblingGroup } from "./sibling-group.ts";
import { SocketSequences } from "./socket-sequences.ts";
import { EVICTED_SHARE, TemplateTable } from "./template-table.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** Number in FLOW_TYPES. */
const SFLOW = 11;

export class SessionTable {
  readonly templates: TemplateTable;
  readonly waiting: WaitingRoom;
  readonly ignoredElements: IgnoredElementsBudget;
  readonly openConnections: ConnectionBudget;
  private readonly sampleSources: SampleSourcesBudget;
  private readonly limits: DecoderLimits;
  private readonly sessions = new Map<string, Session>();
  private readonly groups = new Map<string, SiblingGroup>();
  private readonly connections = new ConnectionSessions();
  private readonly socketSequences = new SocketSequences();
  private readonly exporters = new Map<string, Exporter>();
  /** What options told of sessions and exporters. */
  readonly facts: FactTable;
  private last: Session | undefined;
  /** Sessions that began since the start, those that were restored with their first datagram. */
  openedSessions = 0;
  /** Sessions given up for the sake of newer ones; their counts went with them. */
  evictedSessions = 0;
  private readonly evictedBytes = { received: 0, decoded: 0, dropped: 0, skipped: 0, waiting: 0 };
  private ended: ExporterStats[] = [];

  constructor(limits: DecoderLimits) {
    this.limits = limits;
    this.templates = new TemplateTable(limits, () => this.sessions.values());
    this.waiting = new WaitingRoom(limits);
    this.sampleSources = new SampleSourcesBudget(limits.maxSampleSources, limits.maxSampleSourcesPerSession);
    this.openConnections = new ConnectionBudget(limits.maxConnections, limits.maxConnectionsPerSession);
    this.ignoredElements = new IgnoredElementsBudget(limits.maxIgnoredElements, limits.maxIgnoredElementsPerSession);
    this.facts = new FactTable(limits);
  }

  /** With those that are asleep. */
  all(): IterableIterator<Session> {
    return this.sessions.values();
  }

  /** Of all sessions since the start. What still waited when its session was given up counts as dropped. */
  byteBalance(): ByteBalance {
    const total = { ...this.evictedBytes };
    for (const session of this.sessions.values()) addBalance(total, session.byteBalance());
    return total;
  }

  /** Last counts of the sessions given up since the last call; of at most as many as there may be sessions. */
  takeEnded(): ExporterStats[] {
    const { ended } = this;
    this.ended = [];
    return ended;
  }

  /** The session, made when new. */
  open(identity: SessionIdentity, nowMs: number): Session {
    if (this.last && isSame(this.last, identity)) return this.last;
    if (identity.connection !== 0) return (this.last = this.openConnection(identity, nowMs));
    const key = groupKey(identity) + String.fromCharCode(identity.sourcePort);
    this.last = this.sessions.get(key) ?? this.add(identity, key, { group: this.group(identity), nowMs });
    if (this.last.isAsleep) {
      this.last.wake(nowMs);
      this.openedSessions++;
    }
    return this.last;
  }

  /** Puts a session that was restored out of sight until its first datagram comes. */
  sleep(session: Session, hadRows: boolean): void {
    this.last = undefined;
    session.sleep(hadRows);
  }

  /** Forgets sessions that sent nothing since a time, with their templates. */
  closeIdle(sinceMs: number): void {
    for (const session of this.sessions.values()) if (session.connection === 0 && session.lastSeenMs < sinceMs) this.close(session);
  }

  findExporter(address: Uint32Array): Exporter | undefined {
    return this.exporters.get(addressKey(address));
  }

  /** Gives up the templates of a TCP connection and what waits for one. The counts stay, for the next connection of the exporter. */
  closeConnection(connection: number): void {
    this.last = undefined;
    for (const session of this.connections.end(connection)) {
      this.templates.forgetAll(session);
      this.waiting.endConnection(session);
    }
  }

  private add(identity: SessionIdentity, key: string, { group, nowMs }: { readonly group: SiblingGroup; readonly nowMs: number }): Session {
    if (this.sessions.size >= this.limits.maxSessions) this.evictSessions();
    const kept = keepIdentity(identity);
    const socketSequence = this.socketSequences.join(identity.flowType, socketKey(identity));
    const session = new Session(kept, key, {
      group,
      device: this.exporter(kept),
      ignored: new IgnoredElements(this.ignoredElements),
      connectionTotals: new ConnectionTotals(this.openConnections, nowMs),
      ...(socketSequence && { socketSequence }),
      ...(identity.flowType === SFLOW && { samples: new SampleSources(this.sampleSources) }),
      nowMs,
    });
    group.sessions++;
    session.device.sessions++;
    this.sessions.set(key, session);
    this.openedSessions++;
    return session;
  }

  /** The session of a connection and domain: the exporter's first that no connection has, else a new one. */
  private openConnection(identity: SessionIdentity, nowMs: number): Session {
    const open = this.connections.find(identity);
    if (open) return open;
    let key: string;
    let session: Session | undefined;
    let sourcePort = -1;
    do {
      key = `${groupKey(identity)}tcp${String.fromCharCode(++sourcePort)}`;
      session = this.sessions.get(key);
    } while (session !== undefined && session.connection !== 0);
    session ??= this.add({ ...identity, sourcePort }, key, { group: this.newGroup(identity), nowMs });
    this.facts.forgetKind(session, "boot"); // the exporter may have connected again because it booted
    this.connections.enter(session, identity);
    return session;
  }

  private group(identity: SessionIdentity): SiblingGroup {
    const key = groupKey(identity);
    let group = this.groups.get(key);
    if (!group) this.groups.set(key, (group = this.newGroup(identity)));
    return group;
  }

  private newGroup({ flowType }: SessionIdentity): SiblingGroup {
    return new SiblingGroup(this.templates.definitions, flowType);
  }

  private exporter({ exporter: address }: SessionIdentity): Exporter {
    const key = addressKey(address);
    let exporter = this.exporters.get(key);
    if (!exporter) this.exporters.set(key, (exporter = new Exporter(address)));
    return exporter;
  }

  private evictSessions(): void {
    const all = [...this.sessions.values()];
    // Over TCP templates are not repeated: who loses them cannot be read until the connection ends.
    const useful = (session: Session): number => (!session.hasRows ? 0 : session.connection === 0 ? 1 : 2);
    all.sort((a, b) => useful(a) - useful(b) || a.lastSeenMs - b.lastSeenMs);
    for (const session of all.slice(0, Math.ceil(all.length * EVICTED_SHARE))) {
      this.evictedSessions++;
      this.close(session);
    }
  }

  private close(session: Session): void {
    this.waiting.endSession(session);
    addBalance(this.evictedBytes, session.byteBalance());
    if (!session.isAsleep && this.ended.length < this.limits.maxSessions) this.ended.push(session.stats());
    this.facts.close(session);
    this.templates.forgetAll(session);
    session.ignored.release();
    session.samples?.release();
    session.connectionTotals.release();
    this.socketSequences.leave(socketKey(session.identity));
    session.group.sessions--;
    if (session.group.sessions === 0 && session.identity.connection === 0) this.groups.delete(groupKey(session.identity));
    this.connections.leave(session);
    if (--session.device.sessions === 0) {
      this.facts.close(session.device);
      this.exporters.delete(addressKey(session.identity.exporter));
    }
    this.sessions.delete(session.key);
    if (this.last === session) this.last = undefined;
  }
}

function addBalance(total: { -readonly [Part in keyof ByteBalance]: number }, part: ByteBalance): void {
  total.received += part.received;
  total.decoded += part.decoded;
  total.dropped += part.dropped;
  total.skipped += part.skipped;
  total.waiting += part.waiting;
}

/** Whether a session is the one of a sender. */
function isSame({ identity: a, connection }: Session, b: SessionIdentity): boolean {
  return (
    connection === b.connection &&
    (connection !== 0 || a.sourcePort === b.sourcePort) &&
    a.obsDomain === b.obsDomain &&
    a.flowType === b.flowType &&
    isSameAddress(a.source, b.source) &&
    isSameAddress(a.exporter, b.exporter)
  );
}
