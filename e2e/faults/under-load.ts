/** The frame of most rows: a system and its senders, the fault, all that waits loaded, an orderly end, the account. */
import { takeAccount, type Account, type AccountInputs } from "./account.ts";
import { Load } from "./load.ts";
import type { RowResult, RunOptions } from "./row.ts";
import { openStored, openStoredOverHttp, type Stored } from "./stored.ts";
import { SystemUnderFault, type SystemOptions } from "./system-under-fault.ts";

export interface Running {
  readonly system: SystemUnderFault;
  readonly load: Load;
  /** Done at the end, whatever happens, the last first; the processes have ended then. */
  readonly defer: (cleanUp: () => void) => void;
}

/** What only the row knows of the result. */
export type Knowledge = Pick<AccountInputs, "allowed" | "repeated" | "lostSegments"> & {
  readonly note?: string;
  readonly wrong?: readonly string[];
  /** Asked when the account is there: what is not as it must be. */
  readonly check?: (account: Account) => readonly string[];
  /** Looks at the store for what the account does not tell. */
  readonly inspect?: (stored: Stored) => Promise<readonly string[]>;
};

export interface UnderLoadOptions extends SystemOptions {
  /** Where the store is, when not embedded. */
  readonly httpStore?: string;
  /** Segments may be in quarantine at the end. @default 0 */
  readonly quarantined?: number;
}

/** @param strike does the fault, while nothing or `load` sends; returns when nothing more will be sent */
export async function underLoad(
  { keep }: Pick<RunOptions, "keep">,
  options: UnderLoadOptions,
  strike: (running: Running) => Promise<Knowledge | undefined>,
): Promise<RowResult> {
  const system = await SystemUnderFault.start(options);
  const load = await Load.open(system.udpPort);
  const cleanUps: (() => void)[] = [];
  let isFine = false;
  try {
    const {
      note,
      wrong = [],
      check,
      inspect,
      ...known
    } = (await strike({ system, load, defer: (cleanUp) => cleanUps.unshift(cleanUp) })) ?? {};
    await load.stop();
    await system.loaded();
    await system.stop();
    const stored = await (options.httpStore === undefined ? openStored(system.data) : openStoredOverHttp(options.httpStore));
    const [account, seen] = await Promise.all([
      takeAccount({ exporters: load.exporters, system, stored, ...known }),
      inspect?.(stored) ?? [],
    ]).finally(() => stored.close());
    const debris = system.debris();
    const quarantined = system.quarantined();
    const all = [
      ...account.wrong,
      ...wrong,
      ...(check?.(account) ?? []),
      ...seen,
      ...(debris.length > 0 ? [`left behind: ${debris.join(", ")}`] : []),
      ...(quarantined.length !== (options.quarantined ?? 0) ? [`in quarantine: ${JSON.stringify(quarantined.slice(0, 3))}`] : []),
    ];
    isFine = all.length === 0;
    return { ...account, wrong: all, ...(note !== undefined && { note }) };
  } finally {
    await load.close();
    await system.kill();
    for (const cleanUp of cleanUps) cleanUp();
    await system.close({ keep: keep && !isFine });
    if (keep && !isFine) console.log(`kept: ${system.folder}`);
  }
}
