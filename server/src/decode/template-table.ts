/**
 * The templates of all sessions and the caps on them: beyond a cap the least recently used tenth goes at once, so that eviction costs little
 * per template however many are announced.
 */
import type { DecoderLimits } from "./limits.ts";
import type { Session } from "./session.ts";
import { SharedDefinitions } from "./shared-definitions.ts";
import type { Template, TemplateDefinition } from "./template.ts";

/** Part of a cap that is freed at a time. */
export const EVICTED_SHARE = 0.1;

/** Ids that withdraw all templates of a kind. */
const ALL_TEMPLATES: Readonly<Record<number, TemplateDefinition["kind"]>> = { 2: "data", 3: "options" };

type TemplateLimits = Pick<DecoderLimits, "maxTemplatesPerSession" | "maxTemplates" | "maxTemplateFields">;

export class TemplateTable {
  /** What the templates of all sessions are made of. */
  readonly definitions = new SharedDefinitions();
  /** Grows whenever a template came or went. */
  changes = 0;
  /** Templates given up for the sake of newer ones. */
  evicted = 0;
  private readonly limits: TemplateLimits;
  private readonly sessions: () => Iterable<Session>;
  private known = 0;

  /** @param sessions all that may have templates */
  constructor(limits: TemplateLimits, sessions: () => Iterable<Session>) {
    this.limits = limits;
    this.sessions = sessions;
  }

  /** Makes a template known to its session, within the caps. @returns true when it was news */
  learn(session: Session, definition: TemplateDefinition, nowMs: number): boolean {
    if (!session.templates.has(definition.id) && session.templates.size >= this.limits.maxTemplatesPerSession) this.evict([session]);
    const before = session.templates.get(definition.id);
    const isNews = session.group.learn(session.templates, definition, nowMs);
    if (isNews) {
      this.changes++;
      if (before) session.layoutChanges++;
      else this.known++;
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

  private forget(session: Session, templateId: number): void {
    const template = session.templates.get(templateId);
    if (!template) return;
    session.group.forget(session.templates, templateId);
    this.known--;
    this.changes++;
  }

  forgetAll(session: Session): void {
    for (const id of [...session.templates.keys()]) this.forget(session, id);
  }

  /** Layouts that nobody else announces go first: they take memory of their own, and a flood of invented ones is made of them. */
  private makeRoom(): void {
    const { maxTemplates, maxTemplateFields } = this.limits;
    if (this.known > maxTemplates) this.evict(this.sessions());
    if (this.definitions.fields > maxTemplateFields) this.evict(this.sessions(), isUnshared);
    while (this.definitions.fields > maxTemplateFields) this.evict(this.sessions());
  }

  /** Forgets the least recently used tenth of those that are asked about. */
  private evict(sessions: Iterable<Session>, isMeant: (template: Template) => boolean = () => true): void {
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
            this.evicted++;
            left--;
          }
    };
    forgetIf(({ lastUsedMs }) => lastUsedMs < newestMs);
    forgetIf(({ lastUsedMs }) => lastUsedMs === newestMs);
  }
}

function isUnshared({ definition }: Template): boolean {
  return definition.users === 1;
}
