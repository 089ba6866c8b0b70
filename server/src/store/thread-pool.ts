/** How many threads Node's pool needs so that embedded queries run side by side: each running statement of the engine holds one. */

/** Threads that loader, command, control connection and Node's own file access need beside the queries. */
export const OTHER_THREADS = 4;
/** What Node makes when UV_THREADPOOL_SIZE is not set. */
export const DEFAULT_POOL_THREADS = 4;

/** Size of Node's thread pool that a server with so many query connections should be started with (UV_THREADPOOL_SIZE). */
export function threadPoolSize(queryConnections: number): number {
  return queryConnections + OTHER_THREADS;
}
