/** By what a session is told from others, and the texts under which tables find it: made from the words themselves, which is what a datagram can afford. */

export interface SessionIdentity {
  /** Number in FLOW_TYPES; 0 for datagrams of no protocol that is read. */
  readonly flowType: number;
  readonly obsDomain: number;
  /** Addresses as four words in memory order. */
  readonly source: Uint32Array;
  readonly sourcePort: number;
  readonly exporter: Uint32Array;
  /** Number of the TCP connection the session began with; 0 over UDP. */
  readonly connection: number;
}

/** Address and port of the sender, whatever its domain. */
export function socketKey(identity: SessionIdentity): string {
  return groupKey({ ...identity, obsDomain: 0 }) + String.fromCharCode(identity.sourcePort);
}

/** Protocol, domain and addresses, whatever the port: sessions that share it are siblings. */
export function groupKey({ flowType, obsDomain, source, exporter }: SessionIdentity): string {
  const [a, b, c, d] = [source[0]!, source[1]!, source[2]!, source[3]!];
  const key = String.fromCharCode(
    flowType,
    obsDomain & 0xffff,
    obsDomain >>> 16,
    a & 0xffff,
    a >>> 16,
    b & 0xffff,
    b >>> 16,
    c & 0xffff,
    c >>> 16,
    d & 0xffff,
    d >>> 16,
  );
  return exporter === source ? key : key + addressKey(exporter);
}

export function addressKey(address: Uint32Array): string {
  let key = "";
  for (const word of address) key += String.fromCharCode(word & 0xffff, word >>> 16);
  return key;
}

export function isSameAddress(a: Uint32Array, b: Uint32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

/** The caller reuses its identity object and its address buffers: a session keeps copies. */
export function keepIdentity(identity: SessionIdentity): SessionIdentity {
  const source = identity.source.slice();
  return { ...identity, source, exporter: identity.exporter === identity.source ? source : identity.exporter.slice() };
}
