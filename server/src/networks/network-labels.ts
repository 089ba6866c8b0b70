/**
 * The networks in force: read before the store opens, so that the first flow is labelled, and again when somebody asks. A file with a
 * mistake changes nothing then: the networks before stay in force, and the log says where the mistake is.
 */
import { SillageError } from "@sillage/model";
import type { DictionaryRow, FlowStore } from "../store/index.ts";
import { fillNetworks, toRow } from "./fill-dictionary.ts";
import { defaultNetworks, readNetworksFile, type LabelledNetwork } from "./networks-file.ts";

interface Log {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export class NetworkLabels {
  readonly #file: string | undefined;
  #networks: readonly LabelledNetwork[];

  /**
   * @param file undefined: the defaults
   * @throws SillageError CONFIG_UNREADABLE, CONFIG_INVALID
   */
  constructor(file: string | undefined) {
    this.#file = file;
    this.#networks = read(file);
  }

  get networks(): readonly LabelledNetwork[] {
    return this.#networks;
  }

  /** As the store takes them when it opens. */
  get rows(): DictionaryRow[] {
    return this.#networks.map(toRow);
  }

  /** Reads the file again and labels flows by it from now on. Never rejects. */
  async reload(store: Pick<FlowStore, "command">, log: Log): Promise<void> {
    try {
      const networks = read(this.#file);
      await fillNetworks(store, networks);
      this.#networks = networks;
      log.info({ component: "networks", networks: networks.length }, "flows are labelled with the networks as they are now");
    } catch (error) {
      const { message, hint } = error instanceof SillageError ? error : { message: String(error), hint: undefined };
      log.error({ component: "networks", reason: message, ...(hint && { hint }) }, "the networks stay as they were");
    }
  }
}

function read(file: string | undefined): LabelledNetwork[] {
  return file === undefined ? defaultNetworks() : readNetworksFile(file);
}
