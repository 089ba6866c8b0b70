/** A field specifier of a template. RFC 3954 section 5.2, RFC 7011 section 3.2. */

/** Length of a field that carries its own length in each record. RFC 7011 section 7. */
export const VARIABLE_LENGTH = 65_535;

export interface FieldSpec {
  /**
   * Private enterprise number; 0 for IANA's elements and NetFlow v9's field types. Vendors' elements have one number in both protocols (see
   * `canonicalElement`).
   */
  readonly enterprise: number;
  readonly id: number;
  /** Bytes, or VARIABLE_LENGTH. */
  readonly length: number;
}
