/** Caps on what datagrams can make the decoder keep: each is enforced by dropping the least recently used, and counted. */
export interface DecoderLimits {
  /** Exporter sessions (source address, port, protocol, observation domain). @default 10,000 */
  readonly maxSessions: number;
  /** Templates of one session; Open vSwitch announces over 200. @default 2,000 */
  readonly maxTemplatesPerSession: number;
  /** Templates of all sessions: about 300 bytes each beside their layout. @default 524,288: ten thousand exporters with fifty */
  readonly maxTemplates: number;
  /** Fields of all layouts together, each counted once however many exporters announce it: about 80 bytes of memory each, 380 once data came and the template is compiled. @default 1,000,000 */
  readonly maxTemplateFields: number;
  /** Fields of one template; larger ones are refused. @default 1,000 */
  readonly maxFieldsPerTemplate: number;
  /** Bytes of data sets of one session that wait for their template. @default 262,144 */
  readonly maxWaitingBytesPerSession: number;
  /** Bytes of waiting data sets of all sessions. @default 16,777,216 */
  readonly maxWaitingBytes: number;
  /** How long a data set waits for its template, ms. @default 1,800,000: the slowest template refresh seen in the field */
  readonly maxWaitingMs: number;
  /** Connections of one firewall whose updates are remembered until their end. @default 131,072 */
  readonly maxConnectionsPerSession: number;
  /** The same of all firewalls: about 200 bytes each. @default 262,144 */
  readonly maxConnections: number;
  /** Ignored elements of one session that are counted apart. @default 512 */
  readonly maxIgnoredElementsPerSession: number;
  /** Ignored elements of all sessions that are counted apart: about 100 bytes each. @default 65,536 */
  readonly maxIgnoredElements: number;
  /** Sources (ports) of one sFlow session whose sampling is followed. @default 4,096 */
  readonly maxSampleSourcesPerSession: number;
  /** Sources of all sFlow sessions: about 150 bytes each. @default 65,536 */
  readonly maxSampleSources: number;
  /**
   * How long a session may be silent before it is forgotten with its templates, ms. Far longer than exporters need to repeat templates: one
   * that comes back nearly always uses the layouts it had. @default 604,800,000: a week
   */
  readonly maxIdleMs: number;
  /** Facts of one kind (names of interfaces, of applications …) that options tell of one exporter or session. @default 16,384 */
  readonly maxFactsOfKind: number;
  /** Memory of all facts, bytes, about. @default 67,108,864: a hundred thousand names */
  readonly maxFactBytes: number;
}

/** What was given up because a limit was reached. Counts since the decoder began. */
export type GivenUp = {
  /** Sessions; their counts are gone from `stats`. */
  readonly sessions: number;
  readonly templates: number;
  /** Facts that exporters told. */
  readonly facts: number;
  /** Firewall connections forgotten before their end: what they count at their end is too much. */
  readonly connections: number;
  /** Ignored elements that were not counted apart. */
  readonly elements: number;
};

export const DEFAULT_LIMITS: DecoderLimits = {
  maxSessions: 10_000,
  maxTemplatesPerSession: 2_000,
  maxTemplates: 524_288,
  maxTemplateFields: 1_000_000,
  maxFieldsPerTemplate: 1_000,
  maxWaitingBytesPerSession: 262_144,
  maxWaitingBytes: 16_777_216,
  maxWaitingMs: 1_800_000,
  maxConnectionsPerSession: 131_072,
  maxConnections: 262_144,
  maxIgnoredElementsPerSession: 512,
  maxIgnoredElements: 65_536,
  maxSampleSourcesPerSession: 4_096,
  maxSampleSources: 65_536,
  maxIdleMs: 604_800_000,
  maxFactsOfKind: 16_384,
  maxFactBytes: 67_108_864,
};
