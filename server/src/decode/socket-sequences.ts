/**
 * Counters of exporters' sockets, for exporters that number the messages of all their observation domains together (Open vSwitch in IPFIX).
 * Each is used by the sessions of its domains and forgotten with the last of them.
 */
import { SequencePosition } from "./sequence-position.ts";

/** By number in FLOW_TYPES: protocols in which such exporters were seen. */
const SHARES_SEQUENCE: Readonly<Record<number, boolean>> = { 10: true };

export class SocketSequences {
  private readonly sockets = new Map<string, { readonly position: SequencePosition; sessions: number }>();

  /** The counter that a new session shares with others of its socket; undefined in protocols where nobody shares. */
  join(flowType: number, socket: string): SequencePosition | undefined {
    if (!SHARES_SEQUENCE[flowType]) return undefined;
    let found = this.sockets.get(socket);
    if (!found) this.sockets.set(socket, (found = { position: new SequencePosition(), sessions: 0 }));
    found.sessions++;
    return found.position;
  }

  leave(socket: string): void {
    const found = this.sockets.get(socket);
    if (found && --found.sessions === 0) this.sockets.delete(socket);
  }
}
