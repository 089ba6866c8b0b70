/**
 * The data sets of all sessions that wait for their templates: within the caps on what they take, and found by the template they wait for.
 */
import type { DecoderLimits } from "./limits.ts";
import type { DropCause } from "./drop-cause.ts";
import type { Session } from "./session.ts";
import type { SessionTemplates, SiblingGroup } from "./sibling-group.ts";
import { waitingCost, type WaitingSet } from "./waiting-sets.ts";

/** Asks a group what its sessions agree on. */
const NO_TEMPLATES: SessionTemplates = new Map();

type WaitingLimits = Pick<DecoderLimits, "maxWaitingBytesPerSession" | "maxWaitingBytes" | "maxWaitingMs">;

export class WaitingRoom {
  private readonly limits: WaitingLimits;
  /** Who waits for which template id, so that a template's arrival visits nobody else: exactly the sessions that hold a set for it. */
  private readonly waiters = new Map<SiblingGroup, Map<number, Set<Session>>>();
  private bytes = 0;

  constructor(limits: WaitingLimits) {
    this.limits = limits;
  }

  /** Keeps a data set until its template comes. @returns false when there is no room for it */
  wait(session: Session, set: WaitingSet): boolean {
    this.expire(session, set.context.receivedMs);
    const cost = waitingCost(set.bytes.length);
    if (cost > this.limits.maxWaitingBytesPerSession) return false;
    while (
      session.waiting.size > 0 &&
      (session.waiting.cost + cost > this.limits.maxWaitingBytesPerSession || this.bytes + cost > this.limits.maxWaitingBytes)
    ) {
      this.giveUp(session, session.waiting.shift()!, "waiting_full");
    }
    if (this.bytes + cost > this.limits.maxWaitingBytes) return false;
    session.waiting.add(set);
    this.bytes += cost;
    this.noteWaiter(session, set.templateId);
    return true;
  }

  /** Takes out the sets that a new template makes readable: those of its session, and those of siblings that now may use it. */
  take(session: Session, templateId: number): { readonly session: Session; readonly set: WaitingSet }[] {
    const sessions = this.waiters.get(session.group)?.get(templateId);
    if (!sessions) return [];
    const isAgreed = "template" in session.group.find(NO_TEMPLATES, templateId);
    const out: { session: Session; set: WaitingSet }[] = [];
    for (const waiter of isAgreed ? [...sessions] : [session]) {
      for (const set of waiter.waiting.take(templateId)) {
        this.bytes -= waitingCost(set.bytes.length);
        out.push({ session: waiter, set });
      }
      this.forgetWaiter(waiter, templateId);
    }
    return out;
  }

  /** Gives up data sets that have waited too long. */
  expire(session: Session, nowMs: number): void {
    for (const set of session.waiting.takeOlderThan(nowMs - this.limits.maxWaitingMs)) {
      const { templateId } = set;
      const found = session.group.find(session.templates, templateId);
      if ("missing" in found && found.missing === "ambiguous")
        this.giveUp(session, set, "ambiguous_template", `source ports of this exporter disagree on template ${templateId}`);
      else this.giveUp(session, set, "template_never_came", `no template ${templateId} came within ${this.limits.maxWaitingMs / 1000} s`);
    }
  }

  /** Gives up what waits because its session ends. */
  endSession(session: Session): void {
    for (let set = session.waiting.shift(); set; set = session.waiting.shift()) this.giveUp(session, set, "waiting_full");
  }

  /** Gives up what waits because no more templates will come by the connection of the session. */
  endConnection(session: Session): void {
    for (let set = session.waiting.shift(); set; set = session.waiting.shift())
      this.giveUp(session, set, "template_never_came", `the connection ended before template ${set.templateId} came`);
  }

  /** After a set was taken out of its session unread. */
  private giveUp(session: Session, { templateId, bytes }: WaitingSet, cause: DropCause, error?: string): void {
    this.bytes -= waitingCost(bytes.length);
    if (!session.waiting.isWaitingFor(templateId)) this.forgetWaiter(session, templateId);
    session.drop(cause, bytes.length, error);
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
}
