/** The fixed sets of settings. Each statement carries a whole set, because in the embedded engine settings stick to the connection. */
import type { Settings } from "./engine.ts";
import type { QueryLimits } from "./store.ts";

/** Longest statement. Embedded, the values of parameters count too: a list of ten thousand networks is 400 kB. Unit: bytes. */
export const MAX_STATEMENT_BYTES = 16 * 2 ** 20;

/** What every statement says, so that a server's profile or an earlier statement cannot change the meaning of an answer. */
const COMMON: Settings = {
  max_query_size: MAX_STATEMENT_BYTES,
  session_timezone: "UTC",
  date_time_output_format: "simple",
  join_use_nulls: 0,
  transform_null_in: 0,
  aggregate_functions_null_for_empty: 0,
  // A number above 2^53 would not survive JSON; NaN and infinity become null.
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_denormals: 0,
};

/** A query may take so many times its memory on the disk. */
const TEMPORARY_DISK = 2;

/** Bounds are as in `QueryLimits`; one row more than asked tells whether the answer was cut off. */
export function querySettings(limits: QueryLimits, comment: string, maxThreads: number | undefined): Settings {
  return {
    ...COMMON,
    ...threads(maxThreads),
    log_comment: comment,
    max_execution_time: limits.maxSeconds,
    timeout_overflow_mode: "throw",
    max_memory_usage: limits.maxMemoryBytes,
    // Pairs of a large network's day are tens of millions of groups: slower by way of the disk is better than no answer.
    max_bytes_before_external_group_by: Math.floor(limits.maxMemoryBytes / 2),
    // What a query leaves on the disk for a while must not make retention drop flows.
    max_temporary_data_on_disk_size_for_query: limits.maxMemoryBytes * TEMPORARY_DISK,
    max_rows_to_read: limits.maxRowsToRead,
    read_overflow_mode: "throw",
    max_result_rows: limits.maxResultRows + 1,
    result_overflow_mode: "break",
  };
}

/** For statements of the store itself (DDL, migrations, KILL): not bounded, they are ours. */
export function commandSettings(comment: string): Settings {
  return { ...COMMON, log_comment: comment, max_execution_time: 0, max_memory_usage: 0, max_rows_to_read: 0, max_result_rows: 0 };
}

/**
 * For loading. Equal blocks must come out of every repetition of a batch, or deduplication would not know them: one thread, and block
 * borders by rows alone.
 */
export function insertSettings(comment: string, token: string): Settings {
  return {
    ...commandSettings(comment),
    insert_deduplicate: 1,
    insert_deduplication_token: token,
    deduplicate_insert_select: "enable_even_for_bad_queries",
    deduplicate_blocks_in_dependent_materialized_views: 1,
    use_cache_for_count_from_files: 0,
    max_threads: 1,
    max_insert_threads: 1,
    // A sorted batch leaves the sort as one block, without being put together again.
    max_block_size: 1_048_576,
    max_insert_block_size: 1_048_576,
    min_insert_block_size_rows: 1_048_576,
    min_insert_block_size_bytes: 0,
    async_insert: 0,
    parallel_view_processing: 0,
    materialized_views_ignore_errors: 0,
    // An archive of many days makes as many parts as days; better many parts once than a batch that can never be loaded.
    max_partitions_per_insert_block: 0,
  };
}

function threads(maxThreads: number | undefined): Settings {
  return maxThreads === undefined ? {} : { max_threads: maxThreads };
}
