import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";

/** The provisioned data source (`provisioning/datasources/sillage.yaml`). Its uid is fixed so that dashboards and alert rules find it. */
export const DATA_SOURCE = { type: "sillage-flows-datasource", uid: "sillage" } as const satisfies DataSourceRef;
