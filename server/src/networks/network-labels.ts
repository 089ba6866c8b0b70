/**
 * The networks of one reading of the file: read before the store opens, so that the first flow is labelled, and anew at each reload. A file
 * with a mistake makes none: those before stay in force.
 */
import type { DictionaryRow } from "../store/index.ts";
import { toRow } from "./fill-dictionary.ts";
import { defaultNetworks, readNetworksFile, type LabelledNetwork } from "./networks-file.ts";

export class NetworkLabels {
  readonly networks: readonly LabelledNetwork[];

  /**
   * @param file undefined: the defaults
   * @throws SillageError CONFIG_UNREADABLE, CONFIG_INVALID
   */
  constructor(file: string | undefined) {
    this.networks = file === undefined ? defaultNetworks() : readNetworksFile(file);
  }

  /** As the store takes them when it opens. */
  get rows(): DictionaryRow[] {
    return this.networks.map(toRow);
  }
}
