/** The two protocols with templates: their sets are alike, not equal. */
export type Dialect = "netflow9" | "ipfix";
