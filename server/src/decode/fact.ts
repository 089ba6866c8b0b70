/** Something an exporter told about itself in options: the name of an interface, the rate of a sampler, when it booted. */

/** Kinds of facts, with what their key is. */
export const FACT_KINDS = {
  sampling:
    "sampling rate of a whole session, a template or an interface: empty, `template 256`, `interface 7`; with `domain 5` where another domain told it",
  sampler: "sampling rate and name of a sampler or selector: its id",
  boot: "when the exporter booted: empty",
  statistics: "totals of what was exported, ignored or not sent: empty",
  interface: "name and description of an interface: its ifIndex",
  application: "name and classes of an application: `engine:selector`",
  vrf: "name and route distinguisher of a VRF: its id",
  other: "anything else, by element: the scope it is told of",
} as const;
export type FactKind = keyof typeof FACT_KINDS;

/** Whose fact it is: another source port may be another process, but ifIndex, applications and VRFs are the device's. */
export const OWNER_OF_FACT: Readonly<Record<FactKind, "session" | "exporter">> = {
  sampling: "session",
  sampler: "session",
  boot: "session",
  statistics: "session",
  interface: "exporter",
  application: "exporter",
  vrf: "exporter",
  other: "session",
};

/** `sampling`, `sampler` and `boot`: a subject key (agreement.ts). */
export type FactKey = number | string;
/** Names of numbers in the value of a fact; others have the name of their element. */
export const RATE_VALUE = "sampling_rate";
export const BOOT_VALUE = "systemInitTimeMilliseconds";

/** Entries of a value: templates that tell ever other elements of one key cannot make its fact grow without end. */
export const MAX_ENTRIES = 64;

export type FactValue = Readonly<Record<string, number | string>>;

/** What one options record says; what it does not mention stays as it was. */
export interface Told {
  readonly kind: FactKind;
  readonly key: FactKey;
  readonly name?: string;
  readonly description?: string;
  readonly value?: FactValue;
}

export class Fact {
  readonly kind: FactKind;
  readonly key: FactKey;
  name = "";
  private utf8: Uint8Array | undefined;
  description = "";
  value: FactValue = {};
  /** Receipt of the options that first said so, epoch ms. */
  validFromMs: number;
  /** Receipt of the options that last said so, epoch ms. */
  toldMs: number;
  /** When it was last handed out as a change, epoch ms; 0 never. */
  handedMs = 0;

  constructor({ kind, key }: Pick<Told, "kind" | "key">, nowMs: number) {
    this.kind = kind;
    this.key = key;
    this.validFromMs = this.toldMs = nowMs;
  }

  /** Takes over what is new. @returns true when something was */
  update({ name = "", description = "", value = {} }: Told): boolean {
    let isChanged = false;
    if (name !== "" && name !== this.name) {
      this.name = name;
      this.utf8 = undefined;
      isChanged = true;
    }
    if (description !== "" && description !== this.description) {
      this.description = description;
      isChanged = true;
    }
    const news = Object.entries(value).filter(([key, entry]) => this.value[key] !== entry);
    if (news.length === 0) return isChanged;
    const merged = new Map(Object.entries(this.value));
    for (const [key, entry] of news) {
      if (!merged.has(key) && merged.size >= MAX_ENTRIES) continue;
      merged.set(key, entry);
      isChanged = true;
    }
    if (isChanged) this.value = Object.fromEntries(merged);
    return isChanged;
  }

  get nameUtf8(): Uint8Array {
    return (this.utf8 ??= encoder.encode(this.name));
  }

  /** Memory it takes, about. Objects, map entries and agreements are counted, so that many tiny facts cannot escape the limit. */
  get cost(): number {
    let texts = this.name.length + this.description.length + (typeof this.key === "string" ? this.key.length : 0);
    for (const [key, entry] of Object.entries(this.value)) texts += key.length + (typeof entry === "string" ? entry.length : 4);
    return OVERHEAD_BYTES + 3 * texts; // two bytes a character, and the UTF-8 of names
  }
}

const encoder = new TextEncoder();

const OVERHEAD_BYTES = 512;
