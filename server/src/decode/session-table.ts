/**
 * All sessions, found by their key, and the caps on what they hold together. What an exporter (or somebody with a forged source address)
 * can make the decoder remember is bounded; beyond a cap the least recently used tenth goes at once, so that eviction costs little per
 * datagram however many sources there are. Sessions that never delivered a record go first.
 */
import { ConnectionSessions } from "./connection-sessions.ts";
import { ConnectionBudget, ConnectionTotals } from "./connection-totals.ts";
import type { ByteBalance, DecoderLimits, ExporterStats } from "./contract.ts";
import { Exporter } from "./exporter.ts";
import { FactTable } from "./fact-table.ts";
import { IgnoredElements, IgnoredElementsBudget } from "./ignored-elements.ts";
import { SampleSources, SampleSourcesBudget } from "./sample-sources.ts";
import { Session, type SessionIdentity } from "./session.ts";
import { SharedDefinitions } from "./shared-definitions.ts";
import { SocketSequences } from "./socket-sequences.ts";
import { SiblingGroup, type SessionTemplates } from "./sibling-group.ts";
import type { Template, TemplateDefinition } from "./template.ts";
import { waitingCost, type WaitingSet } from "./waiting-sets.ts";

/** Part of a cap that is freed at a time. */
const EVICTED_SHARE = 0.1;

/** Number in FLOW_TYPES. */
const SFLOW = 11;

/** Ids that withdraw all templates of a kind. */
const ALL_TEMPLATES: Readonly<Record<number, TemplateDefinition["kind"]>> = { 2: "data", 3: "options" };

/** Asks a group what its sessions agree on. */
const NO_TEMPLATES: SessionTemplates = new Map();

export class SessionTable {
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
  /** Who waits for which template id, so that a template's arrival visits nobody else: exactly the sessions that hold a set for it. */
  private readonly waiters = new Map<SiblingGroup, Map<number, Set<Session>>>();
  /** Grows whenever a template came or went. */
  templateChanges = 0;
  /** Sessions given up for the sake of newer ones; their counts went with them. */
  evictedSessions = 0;
  /** Templates given up for the sake of newer ones. */
  evictedTemplates = 0;
  private readonly evictedBytes = { received: 0, decoded: 0, dropped: 0, skipped: 0, waiting: 0 };
  private ended: ExporterStats[] = [];
  private waitingBytes = 0;
  private templates = 0;
  private readonly definitions = new SharedDefinitions();

  constructor(limits: DecoderLimits) {
    this.limits = limits;
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
    if (this.last.isAsleep) this.last.wake(nowMs);
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
      for (const id of [...session.templates.keys()]) this.forget(session, id);
      for (let set = session.waiting.shift(); set; set = session.waiting.shift()) {
        this.giveUp(session, set);
        session.drop("template_never_came", set.bytes.length, `the connection ended before template ${set.templateId} came`);
      }
    }
  }

  /** Makes a template known to its session, within the caps. @returns true when it was news */
  learn(session: Session, definition: TemplateDefinition, nowMs: number): boolean {
    if (!session.templates.has(definition.id) && session.templates.size >= this.limits.maxTemplatesPerSession)
      this.evictTemplates([session]);
    const before = session.templates.get(definition.id);
    const isNews = session.group.learn(session.templates, definition, nowMs);
    if (isNews) {
      this.templateChanges++;
      if (before) session.layoutChanges++;
      else this.templates++;
      this.makeRoom();
    }
    return isNews;
  }

  /**
   * Withdraws a template, or all of a kind: ids 2 (data) and 3 (options), which mean that over TCP only; over UDP, where a withdrawal may
   * be late or lost, they are ignored. RFC 7011 sections 8.1 and 8.4.
   */
  withdraw(session: Session, id: number): void {
    const kind = ALL_TEMPLATES[id];
    if (kind === undefined) this.forget(session, id);
    else if (session.connection !== 0)
      for (const [each, { definition }] of [...session.templates]) if (definition.kind === kind) this.forget(session, each);
  }

  forget(session: Session, templateId: number): void {
    const template = session.templates.get(templateId);
    if (!template) return;
    session.group.forget(session.templates, templateId);
    this.templates--;
    this.templateChanges++;
  }

  /** Keeps a data set until its template comes. @returns false when there is no room for it */
  wait(session: Session, set: WaitingSet): boolean {
    this.expire(session, set.context.receivedMs);
    const cost = waitingCost(set.bytes.length);
    if (cost > this.limits.maxWaitingBytesPerSession) return false;
    while (
      session.waiting.size > 0 &&
      (session.waiting.cost + cost > this.limits.maxWaitingBytesPerSession || this.waitingBytes + cost > this.limits.maxWaitingBytes)
    ) {
      const oldest = session.waiting.shift()!;
      this.giveUp(session, oldest);
      session.drop("waiting_full", oldest.bytes.length);
    }
    if (this.waitingBytes + cost > this.limits.maxWaitingBytes) return false;
    session.waiting.add(set);
    this.waitingBytes += cost;
    this.noteWaiter(session, set.templateId);
    return true;
  }

  /** Takes out the sets that a new template makes readable: those of its session, and those of siblings that now may use it. */
  takeWaiting(session: Session, templateId: number): { readonly session: Session; readonly set: WaitingSet }[] {
    const sessions = this.waiters.get(session.group)?.get(templateId);
    if (!sessions) return [];
    const isAgreed = "template" in session.group.find(NO_TEMPLATES, templateId);
    const out: { session: Session; set: WaitingSet }[] = [];
    for (const waiter of isAgreed ? [...sessions] : [session]) {
      for (const set of waiter.waiting.take(templateId)) {
        this.waitingBytes -= waitingCost(set.bytes.length);
        out.push({ session: waiter, set });
      }
      this.forgetWaiter(waiter, templateId);
    }
    return out;
  }

  /** Gives up data sets that have waited too long. */
  expire(session: Session, nowMs: number): void {
    for (const set of session.waiting.takeOlderThan(nowMs - this.limits.maxWaitingMs)) {
      const { bytes, templateId } = set;
      this.giveUp(session, set);
      const found = session.group.find(session.templates, templateId);
      if ("missing" in found && found.missing === "ambiguous")
        session.drop("ambiguous_template", bytes.length, `source ports of this exporter disagree on template ${templateId}`);
      else session.drop("template_never_came", bytes.length, `no template ${templateId} came within ${this.limits.maxWaitingMs / 1000} s`);
    }
  }

  /** After a set was taken out of its session unread. */
  private giveUp(session: Session, { templateId, bytes }: WaitingSet): void {
    this.waitingBytes -= waitingCost(bytes.length);
    if (!session.waiting.isWaitingFor(templateId)) this.forgetWaiter(session, templateId);
  }

  private add(identity: SessionIdentity, key: string, { group, nowMs }: { readonly group: SiblingGroup; readonly nowMs: number }): Session {
    if (this.sessions.size >= this.limits.maxSessions) this.evictSessions();
    const kept = keep(identity);
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
    return new SiblingGroup(this.definitions, flowType);
  }

  private exporter({ exporter: address }: SessionIdentity): Exporter {
    const key = addressKey(address);
    let exporter = this.exporters.get(key);
    if (!exporter) this.exporters.set(key, (exporter = new Exporter(address)));
    return exporter;
  }

  private noteWaiter(session: Session, templateId: number): void {
    let waiters = this.waiters.get(session.group);
    if (!waiters) this.waiters.set(session.group, (waiters = new Map<number, Set<Session>>()));
    const sessions = waiters.get(templateId);
    if (sessions) sessions.add(session);
    else waiters.set(templateId, new Set([session]));
  }

  private forgetWaiter(session: Session, templateId: number): void {
    const waiters = this.waiters.get(session.group);
    const sessions = waiters?.get(templateId);
    if (!waiters || !sessions?.delete(session) || sessions.size > 0) return;
    waiters.delete(templateId);
    if (waiters.size === 0) this.waiters.delete(session.group);
  }

  /** Layouts that nobody else announces go first: they take memory of their own, and a flood of invented ones is made of them. */
  private makeRoom(): void {
    const { maxTemplates, maxTemplateFields } = this.limits;
    if (this.templates > maxTemplates) this.evictTemplates(this.sessions.values());
    if (this.definitions.fields > maxTemplateFields) this.evictTemplates(this.sessions.values(), isUnshared);
    while (this.definitions.fields > maxTemplateFields) this.evictTemplates(this.sessions.values());
  }

  /** Forgets the least recently used tenth of those that are asked about. */
  private evictTemplates(sessions: Iterable<Session>, isMeant: (template: Template) => boolean = () => true): void {
    const candidates = [...sessions];
    const times: number[] = [];
    for (const { templates } of candidates)
      for (const template of templates.values()) if (isMeant(template)) times.push(template.lastUsedMs);
    let left = Math.ceil(times.length * EVICTED_SHARE);
    if (left === 0) return;
    const newestMs = Float64Array.from(times).sort()[left - 1]!;
    const forgetIf = (isOld: (template: Template) => boolean): void => {
      for (const session of candidates)
        for (const [id, template] of [...session.templates])
          if (left > 0 && isOld(template) && isMeant(template)) {
            this.forget(session, id);
            this.evictedTemplates++;
            left--;
          }
    };
    forgetIf(({ lastUsedMs }) => lastUsedMs < newestMs);
    forgetIf(({ lastUsedMs }) => lastUsedMs === newestMs);
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
    for (let set = session.waiting.shift(); set; set = session.waiting.shift()) {
      this.giveUp(session, set);
      session.drop("waiting_full", set.bytes.length);
    }
    addBalance(this.evictedBytes, session.byteBalance());
    if (!session.isAsleep && this.ended.length < this.limits.maxSessions) this.ended.push(session.stats());
    this.facts.close(session);
    for (const id of [...session.templates.keys()]) this.forget(session, id);
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

function isUnshared({ definition }: Template): boolean {
  return definition.users === 1;
}

function addBalance(total: { -readonly [Part in keyof ByteBalance]: number }, part: ByteBalance): void {
  total.received += part.received;
  total.decoded += part.decoded;
  total.dropped += part.dropped;
  total.skipped += part.skipped;
  total.waiting += part.waiting;
}

/** Address and port of the sender, whatever its domain. */
function socketKey(identity: SessionIdentity): string {
  return groupKey({ ...identity, obsDomain: 0 }) + String.fromCharCode(identity.sourcePort);
}

function groupKey({ flowType, obsDomain, source, exporter }: SessionIdentity): string {
  const [a, b, c, d] = [source[0]!, source[1]!, source[2]!, source[3]!];
  const key = String.fromCharCode(
    flowType,
    obsDomain & 0xffff,
    obsDomain >>> 16,
    a & 0xffff,
    a >>> 16,
    b & 0xffff,
    b >>> 16,
    c & 0xffff,
    c >>> 16,
    d & 0xffff,
    d >>> 16,
  );
  return exporter === source ? key : key + addressKey(exporter);
}

function addressKey(address: Uint32Array): string {
  let key = "";
  for (const word of address) key += String.fromCharCode(word & 0xffff, word >>> 16);
  return key;
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

function isSameAddress(a: Uint32Array, b: Uint32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

/** The caller reuses its identity object and its address buffers: a session keeps copies. */
function keep(identity: SessionIdentity): SessionIdentity {
  const source = identity.source.slice();
  return { ...identity, source, exporter: identity.exporter === identity.source ? source : identity.exporter.slice() };
}
