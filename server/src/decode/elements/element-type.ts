/** Abstract data types of information elements and the form of the tables here. RFC 7011 section 6.1, RFC 6313 (lists), RFC 9740. */

export type ElementType =
  | "unsigned8"
  | "unsigned16"
  | "unsigned32"
  | "unsigned64"
  | "unsigned256"
  | "signed8"
  | "signed16"
  | "signed32"
  | "signed64"
  | "float32"
  | "float64"
  | "boolean"
  | "ipv4Address"
  | "ipv6Address"
  | "macAddress"
  | "string"
  | "octetArray"
  | "dateTimeSeconds"
  | "dateTimeMilliseconds"
  | "dateTimeMicroseconds"
  | "dateTimeNanoseconds"
  | "basicList"
  | "subTemplateList"
  | "subTemplateMultiList";

/** Types of single values: all that can be kept as text. */
export const KEPT_TYPES = [
  "unsigned8",
  "unsigned16",
  "unsigned32",
  "unsigned64",
  "signed8",
  "signed16",
  "signed32",
  "signed64",
  "float32",
  "float64",
  "boolean",
  "ipv4Address",
  "ipv6Address",
  "macAddress",
  "string",
  "octetArray",
  "dateTimeSeconds",
  "dateTimeMilliseconds",
  "dateTimeMicroseconds",
  "dateTimeNanoseconds",
] as const satisfies readonly ElementType[];

export type KeptType = (typeof KEPT_TYPES)[number];

/** One element: number, name, type where it is known for sure, unit where it has one. */
export type ElementRow = readonly [id: number, name: string, type?: ElementType, unit?: string];
