/** What a failed insert means for its batch. Numbers: ClickHouse, src/Common/ErrorCodes.cpp. */
import { AnswerError, RowCountError } from "../engine.ts";
import { clickhouseCode, storeError } from "../store-errors.ts";

/**
 * The data is at fault, and will be tomorrow: CANNOT_PARSE_TEXT, THERE_IS_NO_COLUMN, SIZES_OF_COLUMNS_DOESNT_MATCH,
 * NOT_FOUND_COLUMN_IN_BLOCK, NO_SUCH_COLUMN_IN_TABLE, NUMBER_OF_COLUMNS_DOESNT_MATCH, CANNOT_READ_ALL_DATA, ILLEGAL_COLUMN, UNKNOWN_TYPE,
 * TYPE_MISMATCH, UNKNOWN_TABLE, CANNOT_CONVERT_TYPE, FILE_DOESNT_EXIST, INCORRECT_DATA, TOO_LARGE_STRING_SIZE, TOO_LARGE_ARRAY_SIZE.
 */
const DATA = new Set([6, 8, 9, 10, 16, 20, 33, 44, 50, 53, 60, 70, 107, 117, 128, 131]);
/**
 * Passes: CANNOT_READ_FROM_FILE_DESCRIPTOR, CANNOT_WRITE_TO_FILE_DESCRIPTOR, CANNOT_OPEN_FILE, CANNOT_CLOSE_FILE (a disk that is full, read-only
 * or stalls), CANNOT_ALLOCATE_MEMORY, MEMORY_LIMIT_EXCEEDED; and what the standard library throws. A full disk (NOT_ENOUGH_SPACE) is unavailable.
 */
const PASSING = new Set([74, 75, 76, 77, 173, 241, 1001]);

/**
 * `data`: put the batch aside. `passing`: the same batch again, for as long as it takes. `unknown`: again, but not for ever, because it
 * would hold up all others.
 */
export type Verdict = "data" | "passing" | "unknown";

export function classifyInsertError(error: unknown): Verdict {
  if (error instanceof RowCountError) return "data";
  if (error instanceof AnswerError) return "passing";
  const code = clickhouseCode(error);
  if (code === undefined) return "passing";
  if (DATA.has(code)) return "data";
  if (PASSING.has(code)) return "passing";
  const { code: ours } = storeError(error);
  return ours === "STORE_UNAVAILABLE" || ours === "STORE_DENIED" ? "passing" : "unknown";
}
