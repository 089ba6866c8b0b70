/**
 * sFlow's extended gateway: the BGP route of the sampled packet's destination, and the way back to its source.
 *
 *   next hop, own AS, source AS, source peer AS, path segments<> {type (1 set, 2 sequence), AS<>}, communities<>, local preference
 *
 * The destination's AS is the last of the path; an empty path means that it is our own, and so does a source AS of 0.
 */
import { AddressPlace, skipList } from "./sflow-xdr.ts";

/** Segments that are followed, and AS numbers or communities that are kept. */
const MAX_SEGMENTS = 64;
const MAX_NUMBERS = 1_000;

export class Gateway {
  isRead = false;
  readonly nextHop = new AddressPlace();
  srcAs = 0;
  dstAs = 0;
  /** Neighbours towards the source and the destination; 0 unknown. */
  prevAs = 0;
  nextAs = 0;
  readonly path = new Uint32Array(MAX_NUMBERS);
  pathLength = 0;
  /** Position of the communities, 32 bits each. */
  communitiesAt = 0;
  communities = 0;

  clear(): void {
    this.isRead = false;
    this.nextHop.bytes = this.srcAs = this.dstAs = this.prevAs = this.nextAs = this.pathLength = this.communities = 0;
  }

  /** Reads [at, end) into a clear object; of a record that is cut off what comes before the cut. */
  read(view: DataView, at: number, end: number): void {
    this.isRead = true;
    const next = this.nextHop.read(view, at, end);
    if (next < 0 || end - next < 16) return;
    const ownAs = view.getUint32(next);
    const srcAs = view.getUint32(next + 4);
    this.srcAs = srcAs === 0 ? ownAs : srcAs;
    this.prevAs = view.getUint32(next + 8);
    const behindPath = this.readPath(view, next + 12, end);
    if (behindPath < 0) return;
    this.nextAs = this.pathLength === 0 ? 0 : this.path[0]!;
    this.dstAs = this.pathLength === 0 ? ownAs : this.path[this.pathLength - 1]!;
    if (skipList(view, behindPath, end) < 0) return;
    this.communitiesAt = behindPath + 4;
    this.communities = Math.min(view.getUint32(behindPath), MAX_NUMBERS);
  }

  /** @returns position behind the path; -1: cut off, or longer than any path, so that its last AS is not known */
  private readPath(view: DataView, at: number, end: number): number {
    const segments = view.getUint32(at);
    if (segments > MAX_SEGMENTS) return -1;
    let next = at + 4;
    for (let i = 0; i < segments; i++) {
      const behind = skipList(view, next + 4, end);
      if (behind < 0 || this.pathLength + (behind - next - 8) / 4 > MAX_NUMBERS) return -1;
      for (next += 8; next < behind; next += 4) this.path[this.pathLength++] = view.getUint32(next);
    }
    return next;
  }
}
