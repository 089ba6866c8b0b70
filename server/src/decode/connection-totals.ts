/**
 * What a firewall's updates have already told of its open connections. Cisco's NSEL counts a connection's traffic twice: its updates carry
 * what came since the last one, and the teardown carries, in the same elements, the total. Adding up both doubles everything (nfdump #116,
 * pmacct #182); so the teardown counts for what no update has told: all of a short connection, the rest of one whose update was lost, and
 * nothing of most. Source: Cisco, ASA NetFlow Implementation Guide, "Templates for Flow Update Events".
 *
 * Updates may be delivered behind the teardown: a connection that ended stays noted, and what comes for it counts for nothing.
 */

/** Bytes and packets of both directions, in the order of COUNTED. */
export type Counts = Float64Array;

/** Bytes of the initiator, packets of the initiator, bytes of the responder, packets of the responder. */
export const COUNTED = 4;

/** Connections that are remembered: of one session, and how many more of all. */
export class ConnectionBudget {
  readonly perSession: number;
  left: number;
  /** Connections that were forgotten before their end, to make room. */
  forgotten = 0;

  constructor(total: number, perSession: number) {
    this.left = total;
    this.perSession = perSession;
  }
}

interface Connection {
  readonly counts: Counts;
  hasEnded: boolean;
}

export class ConnectionTotals {
  private readonly budget: ConnectionBudget;
  private readonly connections = new Map<number, Connection>();
  /** When the session began, or the firewall booted after that, epoch ms. */
  private sinceMs: number;
  private sendsUpdates = false;

  constructor(budget: ConnectionBudget, sinceMs: number) {
    this.budget = budget;
    this.sinceMs = sinceMs;
  }

  /** A connection begins; its number may have been another's before. */
  begin(id: number): void {
    if (this.connections.delete(id)) this.budget.left++;
  }

  /** An update tells what came since the last. Zeroes `counts` where the connection has ended: its teardown told it already. */
  update(id: number, counts: Counts): void {
    this.sendsUpdates = true;
    const connection = this.connections.get(id) ?? this.add(id);
    if (!connection) return;
    if (connection.hasEnded) counts.fill(0);
    else for (let i = 0; i < COUNTED; i++) connection.counts[i]! += counts[i]!;
  }

  /**
   * A connection ends; `counts` is its total and becomes what nobody told yet.
   * Where the exporter sends updates, a connection that is older than this session was told to somebody before: nothing of it is left.
   */
  end(id: number, startMs: number, counts: Counts): void {
    const connection = this.connections.get(id);
    if (connection?.hasEnded === true || (!connection && this.sendsUpdates && startMs < this.sinceMs)) counts.fill(0);
    else if (connection) for (let i = 0; i < COUNTED; i++) counts[i] = Math.max(counts[i]! - connection.counts[i]!, 0);
    if (connection) connection.hasEnded = true;
    else if (this.sendsUpdates) {
      const ended = this.add(id);
      if (ended) ended.hasEnded = true;
    }
  }

  /** The firewall booted: its connections are gone, and their numbers begin anew. */
  restart(bootMs: number): void {
    this.release();
    this.sinceMs = Math.max(this.sinceMs, bootMs);
  }

  /** Gives the memory back: the session ends. */
  release(): void {
    this.budget.left += this.connections.size;
    this.connections.clear();
  }

  /** Makes room by forgetting the connection noted first. undefined: other sessions have all the room. */
  private add(id: number): Connection | undefined {
    const { connections, budget } = this;
    if (connections.size >= budget.perSession || budget.left === 0) {
      const [oldest] = connections;
      if (!oldest) return undefined;
      connections.delete(oldest[0]);
      budget.left++;
      if (!oldest[1].hasEnded) budget.forgotten++;
    }
    const connection = { counts: new Float64Array(COUNTED), hasEnded: false };
    connections.set(id, connection);
    budget.left--;
    return connection;
  }
}
