import { dateTimeFormatTimeAgo } from "@grafana/data";
import { Icon, InteractiveTable, Stack, Text, type CellProps, type Column } from "@grafana/ui";
import { adviceFor } from "./advice.ts";
import type { ExporterSession } from "./exporters-api.ts";

type Cell = CellProps<ExporterSession>;

const integer = (value: number): string => value.toLocaleString("en-US");
const count = ({ value }: { value: unknown }) => integer(Number(value));
const right = { disableGrow: true } as const;

const COLUMNS: Column<ExporterSession>[] = [
  {
    id: "exporter",
    header: "Exporter",
    cell: ({ row: { original } }: Cell) => (
      <Stack direction="column" gap={0}>
        <Text weight="medium">{original.name ?? original.exporter}</Text>
        {(original.site ?? original.tags) && (
          <Text variant="bodySmall" color="secondary">
            {[original.site, ...(original.tags ?? [])].filter((word) => word !== undefined).join(" · ")}
          </Text>
        )}
        <Text variant="bodySmall" color="secondary">
          {original.name !== undefined && `${original.exporter} `}from {original.exporter_source},{" "}
          {original.source_port === 0 ? "over TCP" : `port ${original.source_port}`}
        </Text>
      </Stack>
    ),
    sortType: "alphanumeric",
  },
  { id: "protocol", header: "Protocol", sortType: "alphanumeric", ...right },
  { id: "obs_domain", header: "Domain", sortType: "number", ...right },
  {
    id: "last_seen",
    header: "Last datagram",
    cell: ({ value }) => <span style={{ whiteSpace: "nowrap" }}>{dateTimeFormatTimeAgo(Number(value))}</span>,
    sortType: "number",
    ...right,
  },
  { id: "datagrams", header: "Datagrams", cell: count, sortType: "number", ...right },
  { id: "flow_rows", header: "Flows", cell: count, sortType: "number", ...right },
  { id: "templates", header: "Templates", cell: count, sortType: "number", ...right },
  {
    id: "advice",
    header: "To look at",
    cell: ({ row: { original } }: Cell) => {
      const advice = adviceFor(original);
      if (advice.length === 0) return <Icon name="check-circle" title="All is well" />;
      return (
        <Stack direction="column" gap={0.5}>
          {advice.map((line) => (
            <Text key={line} variant="bodySmall" color="warning">
              {line}
            </Text>
          ))}
        </Stack>
      );
    },
  },
];

const keyOf = (session: ExporterSession): string =>
  [session.collector, session.exporter, session.exporter_source, session.source_port, session.protocol, session.obs_domain].join(" ");

/** Exporter sessions with what arrived, what waits and what went wrong. */
export function ExporterTable({ exporters }: { exporters: ExporterSession[] }) {
  return <InteractiveTable columns={COLUMNS} data={exporters} getRowId={keyOf} pageSize={50} />;
}
