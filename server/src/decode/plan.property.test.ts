/** Whatever a template announces and whatever bytes follow: nothing throws, no record and no row is invented, every byte is accounted for. */
import fc from "fast-check";
import { ENTERPRISES } from "./elements/enterprise-elements.ts";
import { IANA_ELEMENTS } from "./elements/iana-elements.ts";
import { NETFLOW9_ELEMENTS } from "./elements/netflow9-elements.ts";
import type { OperatorElement } from "./operator-element.ts";
import { TestDecoder } from "./testing/decode.ts";
import { concat, ipfix, netflow9, set, template, type Spec } from "./testing/messages.ts";

const VARLEN = 65_535;

const iana = fc.constantFrom(...IANA_ELEMENTS.map(([id]) => id));
const length = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(1, 2, 3, 4, 6, 8, 16) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 2, arbitrary: fc.constant(VARLEN) },
);
const vendor = fc
  .constantFrom(...Object.entries(ENTERPRISES).flatMap(([pen, { elements }]) => elements.map(([id]) => [Number(pen), id] as const)))
  .chain(([pen, id]) => length.map((bytes): Spec => [id & 0x7fff, bytes, pen]));
const reverse = fc.tuple(fc.constantFrom(1, 2, 5, 6, 8, 85, 152), length).map(([id, bytes]): Spec => [id, bytes, 29_305]);
/** What rows hang on: addresses, counters, events, lists. */
const vital = fc
  .tuple(fc.constantFrom(1, 2, 4, 8, 12, 27, 28, 85, 148, 230, 231, 232, 233, 291, 292, 293, 315, 22, 152), length)
  .map(([id, bytes]): Spec => [id, bytes]);
const ipfixField = fc.oneof(vital, vendor, reverse, fc.tuple(iana, length).map(([id, bytes]): Spec => [id, bytes])); // prettier-ignore
const netflow9Field = fc.oneof(
  vital,
  fc.tuple(fc.constantFrom(...NETFLOW9_ELEMENTS.map(([id]) => id), 57_590, 45_003), length).map(([id, bytes]): Spec => [id, bytes]),
);
const fieldsOf = (field: fc.Arbitrary<Spec>): fc.Arbitrary<Spec[]> => fc.array(field, { minLength: 1, maxLength: 24 });
const content = fc.uint8Array({ maxLength: 400 });

const declared: OperatorElement[] = [
  { enterprise: 0, id: 192, name: "ttl", type: "unsigned8", keep: true },
  { enterprise: 0, id: 291, name: "list", type: "octetArray", keep: true },
  { enterprise: 0, id: 225, name: "nat", type: "ipv4Address", column: "bgp_next_hop" },
];

/** Bytes that each record takes at least. */
const leastBytes = (specs: readonly Spec[]): number => specs.reduce((sum, [, bytes]) => sum + (bytes === VARLEN ? 1 : bytes), 0);

function check(
  decoder: TestDecoder,
  datagrams: readonly Uint8Array[],
  { specs, bytes }: { readonly specs: readonly Spec[]; readonly bytes: number },
): void {
  for (const datagram of datagrams) decoder.decode(datagram);
  const stats = decoder.stats(); // one session: a defect would have made a second
  expect(stats.dropped).not.toHaveProperty("internal_error");
  expect(stats.dataRecords * leastBytes(specs)).toBeLessThanOrEqual(bytes);
  expect(stats.rows).toBe(decoder.rows.length);
  expect(stats.rows).toBeLessThanOrEqual(2 * stats.dataRecords);
  for (const row of decoder.rows) expect(Number(row["flows"])).toBeGreaterThanOrEqual(0);
  const { received, decoded, dropped, skipped, waiting } = decoder.decoder.byteBalance();
  expect(decoded + dropped + skipped + waiting).toBe(received);
}

describe("any template over any bytes", () => {
  it("of IPFIX", () => {
    fc.assert(
      fc.property(fieldsOf(ipfixField), content, fc.constantFrom(3, 64), (specs, bytes, capacity) => {
        fc.pre(leastBytes(specs) > 0);
        const decoder = new TestDecoder({ elements: declared }, capacity);
        check(decoder, [ipfix([set(2, template(256, specs)), set(256, bytes)])], { specs, bytes: bytes.length });
      }),
      { numRuns: 400 },
    );
  });

  it("of NetFlow v9, data first", () => {
    fc.assert(
      fc.property(fieldsOf(netflow9Field), content, (specs, bytes) => {
        fc.pre(leastBytes(specs) > 0 && bytes.length > 0);
        check(new TestDecoder({}, 64), [netflow9([set(256, bytes), set(0, template(256, specs))])], { specs, bytes: bytes.length });
      }),
      { numRuns: 250 },
    );
  });

  it("of lists whose records have any template", () => {
    fc.assert(
      fc.property(
        fieldsOf(ipfixField),
        fc.constantFrom(291, 292, 293),
        fc.uint8Array({ minLength: 1, maxLength: 250 }),
        (specs, element, bytes) => {
          fc.pre(leastBytes(specs) > 0);
          const list = concat(Uint8Array.of(bytes.length + 3, 3, 1, 1), bytes); // semantic, template 257
          const outer: Spec[] = [
            [8, 4],
            [element, VARLEN],
          ];
          const datagram = ipfix([
            set(2, concat(template(257, specs), template(256, outer))),
            set(256, concat(Uint8Array.of(10, 0, 0, 1), list)),
          ]);
          const decoder = new TestDecoder({ elements: declared }, 64);
          check(decoder, [datagram], { specs: outer, bytes: 4 + list.length });
          expect(decoder.rows).toMatchObject([{ src_addr: "10.0.0.1" }]);
        },
      ),
      { numRuns: 250 },
    );
  });
});
