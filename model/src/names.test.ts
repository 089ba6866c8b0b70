import {
  icmpTypeName,
  PROTOCOL_NAMES,
  PROTOCOL_WORDS,
  protocolNumber,
  SERVICE_NAMES,
  SERVICE_WORDS,
  servicePort,
  TCP_FLAGS,
  tcpFlagBits,
  tcpFlagLetters,
} from "./names.ts";

test("no name stands for two numbers", () => {
  expect(new Set(PROTOCOL_WORDS).size).toBe(PROTOCOL_WORDS.length);
  expect(new Set(SERVICE_WORDS).size).toBe(SERVICE_WORDS.length);
});

test("shown names are read back", () => {
  for (const [number, name] of PROTOCOL_NAMES) expect([name, protocolNumber(name)]).toEqual([name, number]);
  for (const [port, name] of SERVICE_NAMES) expect([name, servicePort(name)]).toEqual([name, port]);
  expect(protocolNumber("IPv6-ICMP")).toBe(58);
  expect(servicePort("Dns")).toBe(53);
  expect(protocolNumber("constructor")).toBeUndefined();
});

test("names are words of the filter language", () => {
  for (const name of [...PROTOCOL_WORDS, ...SERVICE_WORDS]) expect(name).toMatch(/^[a-z\d][a-z\d._-]*$/);
});

test.each([
  [0, ""],
  [2, "S"],
  [18, "AS"],
  [0xff, "CEUAPRSF"],
  [0x102, "S"],
])("flags %d are %j", (bits, letters) => {
  expect(tcpFlagLetters(bits)).toBe(letters);
});

test("flag letters are read in any order and case", () => {
  expect(tcpFlagBits("fpu")).toBe(TCP_FLAGS.F | TCP_FLAGS.P | TCP_FLAGS.U);
  expect(tcpFlagBits("X")).toBe(0x3f);
  expect(tcpFlagBits("")).toBeUndefined();
  expect(tcpFlagBits("SQ")).toBeUndefined();
});

test("the same ICMP type has another name in IPv6", () => {
  expect(icmpTypeName(1, 8)).toBe("echo-request");
  expect(icmpTypeName(58, 128)).toBe("echo-request");
  expect(icmpTypeName(58, 8)).toBeUndefined();
});
