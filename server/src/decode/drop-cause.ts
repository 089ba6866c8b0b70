/**
 * Why bytes of a datagram became no row. Two vocabularies, because one is a loss and the other is not:
 * `DropCause` counts what could not be decoded, `SkipKind` what was understood and is not kept.
 * Both are public: they are the labels of metrics and of the exporters page.
 */

/** Cause of a loss, with what one count of it stands for. */
export const DROP_CAUSES = {
  empty_datagram: "datagrams without a byte",
  unknown_version: "datagrams whose version is of no protocol that is read",
  unsupported_sflow: "sFlow datagrams of a version before 5",
  truncated_header: "datagrams shorter than their protocol's header",
  truncated_records: "datagrams that hold fewer records or bytes than their header says",
  unknown_aggregation: "NetFlow v8 datagrams of an aggregation scheme or version that is not known",
  lost_framing: "TCP connections that were closed because what followed is no IPFIX message",
  cut_off_message: "messages cut off by the end of their TCP connection",
  bad_set_length: "sets with a length below 4: the rest of the datagram has no framing",
  set_overrun: "sets that claim more bytes than the datagram has; their whole records are kept",
  bad_template: "template records that cannot be right (no field, no byte a record, more fields than bytes)",
  template_too_large: "templates with more fields than the limit",
  bad_record: "records whose variable-length field leaves the set; the rest of the set is lost",
  ambiguous_template: "data sets that waited in vain for the template of their port; other source ports of the exporter disagree on it",
  template_never_came: "data sets that waited for their template in vain",
  waiting_full: "data sets without a template that found no room to wait",
  bad_sample: "sFlow samples that are shorter than their own fields",
  sink_full: "records that found no room because the batch was not emptied",
  internal_error: "datagrams that met a defect of the decoder (please report them)",
} as const;

export type DropCause = keyof typeof DROP_CAUSES;

/** What is left out on purpose, with the unit of its count. */
export const SKIP_KINDS = {
  other_samples: "sFlow samples of another format",
  reserved_sets: "sets with a reserved id",
  withdrawals: "IPFIX template withdrawals",
  not_traffic: "data records with neither an address nor a counter, sFlow samples of application transactions",
  unread_lists: "structured lists whose template is not known, that are deeper or longer than is read, or whose lengths are wrong",
  trailing_bytes: "bytes after the last set, record or sample",
} as const;

export type SkipKind = keyof typeof SKIP_KINDS;
