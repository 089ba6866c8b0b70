/**
 * Sessions of IPFIX over TCP. Each connection has sessions of its own, one an observation domain, because templates hold for their
 * connection alone (RFC 7011 section 8.1). The counts outlive it: the exporter's next connection goes on with the session of an ended one,
 * so an exporter that connects again and again stays one line of the statistics.
 */
import type { SessionIdentity } from "./session-identity.ts";
import type { Session } from "./session.ts";

export class ConnectionSessions {
  /** By connection, then by protocol and domain. */
  private readonly open = new Map<number, Map<number, Session>>();

  find(identity: SessionIdentity): Session | undefined {
    return this.open.get(identity.connection)?.get(domainKey(identity));
  }

  /** Lets a session belong to a connection, with no sequence left of the one before. */
  enter(session: Session, identity: SessionIdentity): void {
    const { connection } = identity;
    let sessions = this.open.get(connection);
    if (!sessions) this.open.set(connection, (sessions = new Map<number, Session>()));
    sessions.set(domainKey(identity), session);
    session.connection = connection;
    session.sequence.restart();
  }

  /** Takes a session out; nothing happens when it belongs to no connection. */
  leave(session: Session): void {
    this.open.get(session.connection)?.delete(domainKey(session.identity));
    session.connection = 0;
  }

  /** Forgets a connection. @returns the sessions it had */
  end(connection: number): Session[] {
    const sessions = [...(this.open.get(connection)?.values() ?? [])];
    this.open.delete(connection);
    for (const session of sessions) session.connection = 0;
    return sessions;
  }
}

function domainKey({ flowType, obsDomain }: SessionIdentity): number {
  return flowType * 0x1_0000_0000 + obsDomain;
}
