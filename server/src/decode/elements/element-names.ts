/** Names and types of information elements by number: IANA's, those of vendors, and the reverse ones, which have the names of the forward. */
import type { ElementRow, ElementType } from "./element-type.ts";
import { ENTERPRISES } from "./enterprise-elements.ts";
import { IANA_ELEMENTS } from "./iana-elements.ts";
import { canonicalElement, NETFLOW9_ELEMENTS, type ElementNumber } from "./netflow9-elements.ts";

/** Enterprise of the reverse elements of biflows. RFC 5103 section 6.1. */
export const REVERSE_ENTERPRISE = 29_305;
/** CERT marks the reverse direction of its own elements by a bit of their number. */
export const CERT_ENTERPRISE = 6_871;
export const CERT_REVERSE_BIT = 0x4000;

/** CERT: milliseconds from the first packet of a biflow to the first of its answer. */
export const CERT_REVERSE_DELAY: ElementNumber = { enterprise: CERT_ENTERPRISE, id: 21 };

export interface KnownElement {
  readonly name: string;
  readonly type?: ElementType;
  readonly unit?: string;
}

/** One element in one table: 48 bits, exact in a double. */
export function elementKey(enterprise: number, id: number): number {
  return enterprise * 0x1_0000 + id;
}

const known = new Map<number, KnownElement>();

function add(enterprise: number, rows: readonly ElementRow[]): void {
  for (const [id, name, type, unit] of rows) {
    known.set(elementKey(enterprise, id), { name, ...(type === undefined ? {} : { type }), ...(unit === undefined ? {} : { unit }) });
  }
}

add(0, IANA_ELEMENTS);
add(0, NETFLOW9_ELEMENTS);
for (const [enterprise, { elements }] of Object.entries(ENTERPRISES)) add(Number(enterprise), elements);

/** What is known of an element; undefined for numbers of nobody we know. */
export function findElement(enterprise: number, id: number): KnownElement | undefined {
  const canonical = canonicalElement(enterprise, id);
  const found = known.get(elementKey(canonical.enterprise, canonical.id));
  if (found) return found;
  if (enterprise === REVERSE_ENTERPRISE) return reverseOf(known.get(elementKey(0, id)));
  if (enterprise === CERT_ENTERPRISE && (id & CERT_REVERSE_BIT) !== 0)
    return reverseOf(known.get(elementKey(enterprise, id ^ CERT_REVERSE_BIT)));
  return undefined;
}

/** Keys (`elementKey`) of all elements of a type. */
export function elementsOfType(type: ElementType): readonly number[] {
  return [...known].filter(([, element]) => element.type === type).map(([key]) => key);
}

/** Who defined an element: "IANA", a vendor, or undefined for an enterprise we do not know. */
export function findVendor(enterprise: number): string | undefined {
  if (enterprise === 0) return "IANA";
  return enterprise === REVERSE_ENTERPRISE ? "IANA (reverse)" : ENTERPRISES[enterprise]?.vendor;
}

function reverseOf(forward: KnownElement | undefined): KnownElement | undefined {
  return forward && { ...forward, name: `reverse${forward.name.charAt(0).toUpperCase()}${forward.name.slice(1)}` };
}
