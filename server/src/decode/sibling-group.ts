/**
 * Templates of one exporter: one address, one protocol, one observation domain, any number of source ports. Each port is a session of its
 * own with its own templates (RFC 7011 section 8); but routers send templates from one port and data from another, so a session that does
 * not know an id may use the layout of its siblings, provided that they agree on it.
 */
import { Agreement } from "./agreement.ts";
import type { SharedDefinitions } from "./shared-definitions.ts";
import { Template, type TemplateDefinition } from "./template.ts";

/** How a template was found. */
export type Lookup = { readonly template: Template } | { readonly missing: "unknown" | "ambiguous" };

/** What a session owns; kept by the group so that counts stay right when one goes. */
export type SessionTemplates = Map<number, Template>;

export class SiblingGroup {
  /** Sessions alive. */
  sessions = 0;
  /** What options told of the domain, as far as the ports agree. */
  readonly agreement = new Agreement();
  /** Distinct layouts of each id. */
  private readonly layouts = new Map<number, Template[]>();
  private readonly definitions: SharedDefinitions;
  private readonly flowType: number;

  constructor(definitions: SharedDefinitions, flowType: number) {
    this.definitions = definitions;
    this.flowType = flowType;
  }

  find(own: SessionTemplates, id: number): Lookup {
    const template = own.get(id);
    if (template) return { template };
    const [first, ...others] = this.layouts.get(id) ?? [];
    if (!first) return { missing: "unknown" };
    return others.length === 0 ? { template: first } : { missing: "ambiguous" };
  }

  /** Makes `definition` the session's template of its id. A repeated announcement changes nothing. @returns true when it was news to the session */
  learn(own: SessionTemplates, definition: TemplateDefinition, nowMs: number): boolean {
    const known = own.get(definition.id);
    if (known?.hasLayoutOf(definition)) {
      known.lastUsedMs = nowMs;
      return false;
    }
    if (known) this.forget(own, definition.id);
    const layouts = this.layouts.get(definition.id) ?? [];
    let template = layouts.find((layout) => layout.hasLayoutOf(definition));
    if (!template) {
      template = new Template(this.definitions.share(this.flowType, definition), nowMs);
      layouts.push(template);
      this.layouts.set(definition.id, layouts);
    }
    template.owners++;
    template.lastUsedMs = nowMs;
    own.set(definition.id, template);
    return true;
  }

  forget(own: SessionTemplates, id: number): void {
    const template = own.get(id);
    if (!template) return;
    own.delete(id);
    if (--template.owners > 0) return;
    this.definitions.release(template.definition);
    const layouts = this.layouts.get(id)?.filter((layout) => layout !== template) ?? [];
    if (layouts.length === 0) this.layouts.delete(id);
    else this.layouts.set(id, layouts);
  }
}
