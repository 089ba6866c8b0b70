/** Networks into the dictionary that labels flows. */
import { NETWORKS, replaceRows, type DictionaryRow, type FlowStore } from "../store/index.ts";
import type { LabelledNetwork } from "./networks-file.ts";

/** @throws what the store throws; flows then go on being labelled as before */
export async function fillNetworks(store: Pick<FlowStore, "command">, networks: readonly LabelledNetwork[]): Promise<void> {
  await replaceRows(store, NETWORKS, networks.map(toRow));
}

/** In the order of the dictionary's attributes. */
export function toRow({ address, prefix, isInside, ...labels }: LabelledNetwork): DictionaryRow {
  const { name = "", zone = "", site = "", group = "", owner = "", roles = [], criticality = 0 } = labels;
  return { address, prefix, values: [name, zone, site, group, owner, roles.join(" "), criticality, isInside ? 1 : 0] };
}
