/**
 * One program at a time changes the schema of a ClickHouse server's database. The lock is a table: CREATE TABLE succeeds for one of several
 * that try, and its comment names the holder. The holder adds a row now and then; who waits and sees none for a while takes the lock for that
 * of a process that died, removes it and tries again. Clocks are not compared. (Two who find a dead lock at the very same moment could both get
 * on; then what counts is that every step may run twice.) Embedded ClickHouse needs none of it: the data folder has one owner.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { clickhouseCode } from "../store-errors.ts";
import { identifier, literal } from "../sql-text.ts";
import type { MigrationTarget } from "./migrations.ts";

const TABLE = "schema_lock";
/** ClickHouse, ErrorCodes.cpp. */
const TABLE_ALREADY_EXISTS = 57;
const UNKNOWN_TABLE = 60;

export interface LockTimes {
  /** How often who waits looks. */
  readonly pollMs: number;
  /** How often the holder shows that it lives. */
  readonly beatMs: number;
  /** A holder that has not shown itself for so long, by the looks that were taken meanwhile, is dead. */
  readonly silenceMs: number;
}

const TIMES: LockTimes = { pollMs: 500, beatMs: 2_000, silenceMs: 30_000 };

/**
 * Runs `work` while no other program does.
 * @param beat runs a statement beside those of `work`, which may take long
 * @throws what `work` and the store throw
 */
export async function withSchemaLock<T>(
  target: MigrationTarget,
  beat: MigrationTarget["command"],
  work: () => Promise<T>,
  { pollMs, beatMs, silenceMs }: LockTimes = TIMES,
): Promise<T> {
  const holder = randomUUID();
  let seen = "";
  // Counted in looks, not by the clock: a machine that was asleep must not take a holder for dead that slept too.
  let silentMs = 0;
  while (!(await create(target, holder))) {
    const state = await stateOf(target);
    if (state !== seen) [seen, silentMs] = [state, 0];
    else if (silentMs >= silenceMs) await target.command(`DROP TABLE IF EXISTS ${identifier(TABLE)}`);
    else {
      await sleep(pollMs);
      silentMs += pollMs;
    }
  }
  const timer = setInterval(() => void beat(`INSERT INTO ${identifier(TABLE)} VALUES (1)`).catch(() => undefined), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    // Not one that was taken over. A lock that cannot be removed now is one of a dead holder soon.
    await release(target, holder).catch(() => undefined);
  }
}

async function create(target: MigrationTarget, holder: string): Promise<boolean> {
  try {
    await target.command(`CREATE TABLE ${identifier(TABLE)} (beat UInt8) ENGINE = Memory COMMENT ${literal(holder)}`);
    return true;
  } catch (error) {
    if (clickhouseCode((error as Error).cause) === TABLE_ALREADY_EXISTS) return false;
    throw error;
  }
}

async function release(target: MigrationTarget, holder: string): Promise<void> {
  if ((await holderOf(target)) === holder) await target.command(`DROP TABLE IF EXISTS ${identifier(TABLE)}`);
}

async function holderOf(target: MigrationTarget): Promise<string | undefined> {
  const rows = await target.rows(`SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = ${literal(TABLE)}`);
  return rows[0] === undefined ? undefined : String(rows[0][0]);
}

/** Who holds it and how often it has shown itself: changes while the holder lives. */
async function stateOf(target: MigrationTarget): Promise<string> {
  const holder = await holderOf(target);
  if (holder === undefined) return "";
  try {
    return `${holder} ${String((await target.rows(`SELECT count() FROM ${identifier(TABLE)}`))[0]?.[0])}`;
  } catch (error) {
    if (clickhouseCode((error as Error).cause) === UNKNOWN_TABLE) return ""; // given up in between
    throw error;
  }
}
