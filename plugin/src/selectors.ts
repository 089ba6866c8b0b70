/** Ids of what tests and scripts look for; they stay the same when labels change. Each is used as data-testid or id. */
export const SELECTORS = {
  query: {
    editor: "sillage-query-editor",
    filter: "sillage-filter",
    filterStatus: "sillage-filter-status",
    view: "sillage-view",
    measures: "sillage-measures",
    dimensions: "sillage-dimensions",
    order: "sillage-order",
    ascending: "sillage-ascending",
    limit: "sillage-limit",
    other: "sillage-other",
    scaled: "sillage-scaled",
    time: "sillage-time",
    prefix4: "sillage-prefix4",
    prefix6: "sillage-prefix6",
  },
  config: { url: "sillage-config-url", token: "sillage-config-token" },
} as const;
