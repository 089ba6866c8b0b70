/**
 * The operator's sampling rates in the form the decoder asks for (SamplingOverrides): by address in words, once a message or once a record,
 * so answers are remembered and the last one is at hand.
 */
import type { ExporterDirectory } from "./exporter-directory.ts";

interface Rates {
  readonly exporter: number;
  /** By ifIndex; undefined when no interface has a rate of its own. */
  readonly interfaces: ReadonlyMap<number, number> | undefined;
}

const NONE: Rates = { exporter: 0, interfaces: undefined };
/** Addresses remembered; exporters can invent them. When full, all are forgotten and asked for again. */
const MAX_ADDRESSES = 65_536;

export class SamplingRates {
  private readonly directory: ExporterDirectory;
  private readonly known = new Map<string, Rates>();
  private readonly lastWords = new Uint32Array(4);
  private last: Rates | undefined;

  constructor(directory: ExporterDirectory) {
    this.directory = directory;
  }

  /** 1 in N; 0 when the operator has not said. */
  rateOf(exporter: Uint32Array, inIf: number): number {
    const rates = this.find(exporter);
    return rates.interfaces?.get(inIf) ?? rates.exporter;
  }

  hasInterfaces(exporter: Uint32Array): boolean {
    return this.find(exporter).interfaces !== undefined;
  }

  private find(words: Uint32Array): Rates {
    const { lastWords } = this;
    if (this.last && words[3] === lastWords[3] && words[2] === lastWords[2] && words[1] === lastWords[1] && words[0] === lastWords[0])
      return this.last;
    const key = String.fromCharCode(...Array.from(words, (word) => word & 0xffff), ...Array.from(words, (word) => word >>> 16));
    let rates = this.known.get(key);
    if (!rates) {
      rates = this.ask(words);
      if (this.known.size >= MAX_ADDRESSES) this.known.clear();
      this.known.set(key, rates);
    }
    lastWords.set(words);
    this.last = rates;
    return rates;
  }

  private ask(words: Uint32Array): Rates {
    const info = this.directory.find(new Uint8Array(words.buffer, words.byteOffset, 16));
    const interfaces = new Map<number, number>();
    for (const [index, { samplingRate }] of Object.entries(info?.interfaces ?? {}))
      if (samplingRate !== undefined) interfaces.set(Number(index), samplingRate);
    if (info?.samplingRate === undefined && interfaces.size === 0) return NONE;
    return { exporter: info?.samplingRate ?? 0, interfaces: interfaces.size > 0 ? interfaces : undefined };
  }
}
