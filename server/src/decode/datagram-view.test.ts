import { DatagramViews } from "./datagram-view.ts";

describe("views of datagrams", () => {
  const views = new DatagramViews();
  const read = (view: DataView): number[] => Array.from({ length: view.byteLength }, (_, i) => view.getUint8(i));

  it("show the bytes of the datagram at hand and none of the one before", () => {
    expect(read(views.of(Uint8Array.of(1, 2, 3, 4, 5)))).toEqual([1, 2, 3, 4, 5]);
    const shorter = views.of(Uint8Array.of(9, 8));
    expect(read(shorter)).toEqual([9, 8]);
    expect(() => shorter.getUint16(1)).toThrow(RangeError);
    expect(read(views.of(new Uint8Array(0)))).toEqual([]);
    expect(read(views.of(new Uint8Array(Uint8Array.of(0, 7, 6, 0).buffer, 1, 2)))).toEqual([7, 6]);
  });

  it.each([65_535, 65_536, 200_000])("are whole for %i bytes", (length) => {
    const bytes = new Uint8Array(length);
    bytes[length - 1] = 5;
    const view = views.of(bytes);
    expect(view.byteLength).toBe(length);
    expect(view.getUint8(length - 1)).toBe(5);
  });
});
