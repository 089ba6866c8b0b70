/** How many threads Node's pool needs so that embedded queries run side by side: each running statement of the engine holds one. */

/** Batches that can be inserted side by side. */
export const LOAD_CONNECTIONS = 4;
/** Threads that loading, command, control connection and Node's own file access need beside the queries. */
export const OTHER_THREADS = LOAD_CONNECTIONS + 3;
/** What Node makes when UV_THREADPOOL_SIZE is not set. */
export const DEFAULT_POOL_THREADS = 4;

/** Size of Node's thread pool that a server with so many query connections should be started with (UV_THREADPOOL_SIZE). */
export function threadPoolSize(queryConnections: number): number {
  return queryConnections + OTHER_THREADS;
}
