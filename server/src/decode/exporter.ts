/**
 * A device as its options describe it: one address, whatever protocols, observation domains and ports it exports with. Names of interfaces,
 * applications and VRFs are the device's; what another port may contradict (rates, boot time) is kept with the session.
 */
import { formatAddress } from "../flow/index.ts";
import { Agreement } from "./agreement.ts";
import type { Fact, FactKey } from "./fact.ts";
import { FactOwner, type FactSubject } from "./fact-table.ts";

export class Exporter extends FactOwner {
  /** Sessions alive. */
  sessions = 0;
  /** What the sessions of one protocol agree on, by number in FLOW_TYPES. */
  private readonly address: Uint32Array;
  private text: string | undefined;
  private readonly agreements = new Map<number, Agreement>();

  /** @param address four words in memory order; kept */
  constructor(address: Uint32Array) {
    super();
    this.address = address;
  }

  get whose(): FactSubject {
    this.text ??= formatAddress(new Uint8Array(this.address.buffer, this.address.byteOffset, 16));
    return { exporter: this.text, protocol: "", obsDomain: 0 };
  }

  agreement(flowType: number): Agreement {
    let agreement = this.agreements.get(flowType);
    if (!agreement) this.agreements.set(flowType, (agreement = new Agreement()));
    return agreement;
  }

  /** Facts of applications by `applicationKey`; undefined when the exporter told none. */
  get applications(): ReadonlyMap<FactKey, Fact> | undefined {
    return this.facts.get("application");
  }

  override forgot(): void {
    // Names are looked up in the facts themselves.
  }
}
