/**
 * Keeps the dictionary of networks at what the file says: at the start, when the database comes late, and when somebody asks to read the
 * file again. A file with a mistake changes nothing: the networks before stay in force, and the log says where the mistake is.
 */
import { SillageError } from "@sillage/model";
import type { FlowStore } from "../store/index.ts";
import { fillNetworks } from "./fill-dictionary.ts";
import { defaultNetworks, readNetworksFile, type LabelledNetwork } from "./networks-file.ts";

const RETRY_MS = 5_000;

export interface NetworkLabels {
  /** Networks in force, or on their way into the database. */
  readonly networks: readonly LabelledNetwork[];
  /** Reads the file again. Never throws. */
  reload(): void;
  stop(): void;
}

interface NetworkLabelsDeps {
  readonly store: Pick<FlowStore, "command">;
  /** Undefined: no file, the defaults. */
  readonly file: string | undefined;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/** @throws SillageError CONFIG_UNREADABLE, CONFIG_INVALID when the file is wrong at the start */
export function startNetworkLabels({ store, file, log }: NetworkLabelsDeps): NetworkLabels {
  let networks = read(file);
  let retry: NodeJS.Timeout | undefined;
  let waits = false;

  async function fill(): Promise<void> {
    clearTimeout(retry);
    const wanted = networks;
    try {
      await fillNetworks(store, wanted);
      log.info({ component: "networks", networks: wanted.length, ...(file && { file }) }, "flows are labelled with these networks");
      waits = false;
    } catch (err) {
      if (!waits) log.warn({ component: "networks", err }, "networks cannot be written yet, trying again");
      waits = true;
      retry = setTimeout(() => void fill(), RETRY_MS);
    }
  }
  void fill();

  return {
    get networks() {
      return networks;
    },
    reload() {
      try {
        networks = read(file);
      } catch (error) {
        const { message, hint } = error instanceof SillageError ? error : { message: String(error), hint: undefined };
        log.error(
          { component: "networks", reason: message, ...(hint && { hint }) },
          "the networks file is wrong; the networks before stay in force",
        );
        return;
      }
      void fill();
    },
    stop: () => clearTimeout(retry),
  };
}

function read(file: string | undefined): LabelledNetwork[] {
  return file === undefined ? defaultNetworks() : readNetworksFile(file);
}
