export { fillNetworks } from "./fill-dictionary.ts";
export { NetworkLabels } from "./network-labels.ts";
export { defaultNetworks, readNetworksFile, type LabelledNetwork } from "./networks-file.ts";
