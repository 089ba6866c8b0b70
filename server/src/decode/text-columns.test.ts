import { TestDecoder } from "./testing/decode.ts";
import { concat, ipfix, netflow9, set, template } from "./testing/messages.ts";

const text = (value: string): number[] => [...new TextEncoder().encode(value)];
const ADDRESS = [192, 0, 2, 1];

it.each([
  { name: "a text of variable length", bytes: [5, ...text("alice")], want: "alice" },
  { name: "a text of 255 bytes and more", bytes: [255, 1, 44, ...text("é".repeat(150))], want: "é".repeat(150) },
  { name: "an empty text as unknown", bytes: [0], want: null },
  { name: "bytes that are no UTF-8, replaced", bytes: [3, 0x61, 0xff, 0x62], want: "a\ufffdb" },
  { name: "a text with NULs inside, without them", bytes: [4, 0x61, 0, 0x62, 0], want: "ab" },
])("reads $name", ({ bytes, want }) => {
  const decoder = new TestDecoder();
  const fields = template(256, [
    [8, 4],
    [371, 65_535],
  ]);
  const [row] = decoder.decode(ipfix([set(2, fields), set(256, [...ADDRESS, ...bytes])]));
  expect(row).toMatchObject({ src_addr: "192.0.2.1", user: want });
});

it("prefers the first element with a text, and writes ids of access lists as digits", () => {
  const decoder = new TestDecoder();
  const fields = template(256, [
    [8, 4],
    [371, 4],
    [40_000, 8],
    [33_000, 4],
  ]);
  const rows = decoder.decode(
    netflow9([
      set(0, fields),
      set(
        256,
        concat(
          Uint8Array.from([...ADDRESS, 0, 0, 0, 0, ...text("bob"), 0, 0, 0, 0, 0, 0xde, 0xad, 0, 1]),
          Uint8Array.from([...ADDRESS, ...text("eve"), 0, ...text("mallory"), 0, 0, 0, 0, 0]),
        ),
      ),
    ]),
  );
  expect(rows.map(({ user, in_acl: acl }) => [user, acl])).toEqual([
    ["bob", "dead0001"],
    ["eve", null],
  ]);
});
