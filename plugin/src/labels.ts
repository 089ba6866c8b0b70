/** Every text that the editors show, in one place. */
import type { View } from "@sillage/model";

export const VIEW_LABELS: Readonly<Record<View, { readonly label: string; readonly description: string }>> = {
  timeseries: { label: "Time series", description: "One line a group over time" },
  top: { label: "Top list", description: "A table of the largest groups" },
  records: { label: "Records", description: "Flow records as they were exported; alert rules cannot evaluate them" },
  stat: { label: "Single values", description: "One number a measure and group for the whole time range" },
};

export const TIME_LABELS = {
  received: { label: "Received", description: "Flows count when they are received; long flows come as one lump" },
  active: { label: "Active", description: "Flows that were active at any moment of the range, each as a whole" },
  spread: { label: "Spread", description: "Bytes and packets are spread over the time in which a flow was active" },
} as const;

export const QUERY_LABELS = {
  filter: {
    label: "Filter",
    tooltip: "Which flows count, in nfdump's words: proto tcp and dst port 443. Empty means all. Enter runs the query, Shift-Enter too.",
  },
  filterPlaceholder: "all flows; for instance: src net 10.0.0.0/8 and dst port 443",
  filterField: "Flow filter",
  view: { label: "View", tooltip: "What comes back: lines, a ranked table, records, or single numbers." },
  measures: { label: "Measures", tooltip: "What is added up. The first one ranks groups unless Order says otherwise." },
  dimensions: { label: "Group by", tooltip: "One line or row for each combination of these fields." },
  columns: { label: "Columns", tooltip: "Columns beside times and volumes; none chosen shows the usual ones." },
  order: { label: "Order", tooltip: "The measure that ranks groups and chooses which ones fit the limit." },
  orderDefault: "First measure",
  ascending: { label: "Smallest first", tooltip: "Ranks the smallest groups first instead of the largest." },
  limit: { label: "Limit", tooltip: "Lines, rows or records at most; 1 to 10,000." },
  other: { label: "Other", tooltip: "Adds one line or row with the sum of what the limit cut off." },
  scaled: { label: "Scaled", tooltip: "Multiplies bytes and packets by the exporter's sampling rate." },
  time: {
    label: "Time",
    tooltip: "Which flows belong to the range. Active and Spread read raw flows, and the last half hour is not known in full.",
  },
  prefix4: { label: "IPv4 /", tooltip: "Group IPv4 addresses by networks of this prefix length, 0 to 32; empty keeps addresses." },
  prefix6: { label: "IPv6 /", tooltip: "Group IPv6 addresses by networks of this prefix length, 0 to 128; empty keeps addresses." },
  recordsInAlert: {
    title: "An alert rule cannot evaluate flow records",
    text: "Choose Time series, Top list or Single values: they give the rule numbers to compare.",
  },
  meaning: "Reads as",
} as const;

export const CONFIG_LABELS = {
  url: { label: "URL", tooltip: "Address of the Sillage server as Grafana's server reaches it.", placeholder: "http://localhost:8055" },
  token: {
    label: "API token",
    tooltip: "Token that the Sillage server asks for; leave it empty when it asks for none. Grafana stores it encrypted.",
    placeholder: "no token",
  },
  help: "Save & test asks the server for its health. No server yet? Start one with: npm start -- --demo",
} as const;
