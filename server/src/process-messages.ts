/**
 * Everything that crosses the border between the supervisor and its children, over Node's IPC channel. Parent and children are always the
 * same build, but a status is also passed on and shown, so it has a version.
 */
import type { ErrorKind } from "@sillage/model";
import type { CollectorStatus } from "./collect/index.ts";
import type { SillageConfig } from "./sillage-config.ts";

/** Names of the children, as in logs and in `health`. */
export type ChildName = "collector" | "server" | "demo";

/** How often each child was started again. */
export type Restarts = Readonly<Partial<Record<ChildName, number>>>;

/** What the supervisor tells a child. */
export type ToChild =
  | { readonly type: "start"; readonly config: SillageConfig; readonly startedMs: number; readonly supervisorPid: number }
  | { readonly type: "stop" }
  /** Other options, in force from now on; answered by `reloaded`. */
  | { readonly type: "reload"; readonly config: SillageConfig }
  | { readonly type: "restarts"; readonly restarts: Restarts }
  | CollectorStatus;

/** An error of a start or a reload as it can be sent. */
export interface StartFailure {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What a child tells the supervisor. */
export type FromChild =
  | { readonly type: "ready"; readonly details: readonly string[] }
  | { readonly type: "failed"; readonly failure: StartFailure }
  /** With a failure nothing has changed. */
  | { readonly type: "reloaded"; readonly failure?: StartFailure }
  | CollectorStatus;
