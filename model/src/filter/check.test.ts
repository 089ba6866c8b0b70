import { SillageError } from "../errors.ts";
import { checkFilter, compileFilterOrThrow } from "./check.ts";
import { printFilter } from "./print.ts";

/** Diagnostics as `severity CODE "marked text"`. */
function marks(text: string): string[] {
  return checkFilter(text).diagnostics.map(
    ({ severity, code, position: { offset, length } }) => `${severity} ${code} "${text.slice(offset, offset + length)}"`,
  );
}

function hint(text: string): string | undefined {
  return checkFilter(text).diagnostics[0]?.hint;
}

test.each(["", "   ", "\n\n", "# nothing but a remark", "# one\n  # two\n"])("%j is empty and matches everything", (text) => {
  expect(checkFilter(text)).toEqual({ ast: { kind: "filter" }, predicate: { kind: "true" }, diagnostics: [] });
});

describe("errors stand where the mistake is", () => {
  test.each<[string, ...string[]]>([
    ["prot tcp", 'error FILTER_UNKNOWN_WORD "prot"'],
    ["proto tpc", 'error FILTER_VALUE "tpc"'],
    ["proto > 5", 'error FILTER_OPERATOR ">"'],
    ["port 65536", 'error FILTER_VALUE "65536"'],
    ["port", 'error FILTER_VALUE "port"'],
    ["port >", 'error FILTER_VALUE ">"'],
    ["port > > 5", 'error FILTER_VALUE ">"'],
    ["port in 80", 'error FILTER_SYNTAX "80"'],
    ["port in", 'error FILTER_SYNTAX "in"'],
    ["port [80]", 'error FILTER_SYNTAX "[80]"'],
    ["port in [80", 'error FILTER_SYNTAX "["'],
    ["port in [80 and proto tcp", 'error FILTER_SYNTAX "["'],
    ["port in 80]", 'error FILTER_SYNTAX "]"'],
    ["port in [80 x]", 'error FILTER_VALUE "x"'],
    ["port 90-80", 'error FILTER_VALUE "90-80"'],
    ["port > 80-90", 'error FILTER_OPERATOR ">"'],
    ["port 80, port 90", 'error FILTER_SYNTAX ","'],
    ["ip 10.0.0.300", 'error FILTER_VALUE "10.0.0.300"'],
    ["ip www.example.org", 'error FILTER_VALUE "www.example.org"'],
    ["ip 2001:db8:::1", 'error FILTER_VALUE "2001:db8:::1"'],
    ["ip > 10.0.0.1", 'error FILTER_OPERATOR ">"'],
    ["ip in []", 'error FILTER_VALUE "[]"'],
    ["net 10.0.0.0/33", 'error FILTER_VALUE "10.0.0.0/33"'],
    ["net 10.0.0.0 255.0.255.0", 'error FILTER_VALUE "10.0.0.0 255.0.255.0"'],
    ["bytes > 1.5M", 'error FILTER_VALUE "1.5M"'],
    ["bytes > 18446744073709551616", 'error FILTER_VALUE "18446744073709551616"'],
    ["flags Q", 'error FILTER_VALUE "Q"'],
    ["flags", 'error FILTER_VALUE "flags"'],
    ["flags any", 'error FILTER_VALUE "any"'],
    ["flags S/A", 'error FILTER_VALUE "S/A"'],
    ["flags > S", 'error FILTER_VALUE "S"'],
    ["flags 256", 'error FILTER_VALUE "256"'],
    ["icmp tpye 8", 'error FILTER_SYNTAX "tpye"'],
    ["next 10.0.0.1", 'error FILTER_UNKNOWN_WORD "next"'],
    ["src proto tcp", 'error FILTER_DIRECTION "src"'],
    ["in port 80", 'error FILTER_DIRECTION "in"'],
    ["src and dst if 3", 'error FILTER_DIRECTION "src and dst"'],
    ["src", 'error FILTER_SYNTAX "src"'],
    ["src or ip 10.0.0.1", 'error FILTER_SYNTAX "src"'],
    ["10.0.0.1", 'error FILTER_SYNTAX "10.0.0.1"'],
    ["> 5", 'error FILTER_SYNTAX ">"'],
    ["proto tcp proto udp", 'error FILTER_SYNTAX "proto"'],
    ["proto tcp (port 80)", 'error FILTER_SYNTAX "("'],
    ["proto tcp not port 80", 'error FILTER_SYNTAX "not"'],
    ["(port 80", 'error FILTER_SYNTAX "("'],
    ["((port 80)", 'error FILTER_SYNTAX "("'],
    ["port 80)", 'error FILTER_SYNTAX ")"'],
    ["()", 'error FILTER_SYNTAX ")"'],
    ["port 80 and", 'error FILTER_SYNTAX "and"'],
    ["and port 80", 'error FILTER_SYNTAX "and"'],
    ["port 80 and or port 90", 'error FILTER_SYNTAX "or"'],
    ["not", 'error FILTER_SYNTAX "not"'],
    ['port "80', 'error FILTER_SYNTAX """'],
    ["port 80 & proto tcp", 'error FILTER_SYNTAX "&"'],
    ["port -1", 'error FILTER_SYNTAX "-"'],
    // Every wrong test is marked, not only the first.
    ["prot tcp and port 99999", 'error FILTER_UNKNOWN_WORD "prot"', 'error FILTER_VALUE "99999"'],
  ])("%s", (text, ...wanted) => {
    expect(marks(text)).toEqual(wanted);
    expect(checkFilter(text).predicate).toBeUndefined();
  });

  test("on the right line and column", () => {
    expect(checkFilter("# ports\nproto tcp and\n  port 99999").diagnostics[0]?.position).toEqual({
      offset: 29,
      length: 5,
      line: 3,
      column: 8,
    });
  });
});

test.each([
  ["prot tcp", "did you mean proto?"],
  ["prto tcp", "did you mean proto?"],
  ["pakets > 5", "did you mean packets?"],
  ["proto tpc", "did you mean tcp?"],
  ["port htpp", "did you mean http?"],
  ["bytes > 1.5M", "numbers have no fractions: write 1500k"],
  ["ip 10.0.0.300", "the four numbers of an IPv4 address go up to 255"],
  ["exporter 10.0.0.1", "continue with ip, host or net: exporter ip"],
  ["dscp 46", "write tos with the whole byte: dscp 46 is tos 184"],
  ["ip in []", "write at least one value; an IP address is wanted"],
  ["src proto tcp", "leave src out"],
])("%s: %s", (text, wanted) => {
  expect(hint(text)).toBe(wanted);
});

test("explains that host names are not looked up", () => {
  expect(hint("ip www.example.org")).toMatch(/host names are not looked up/);
});

describe("warnings leave the filter usable", () => {
  test.each<[string, ...string[]]>([
    ["net 10.0.0.5/24", 'warning FILTER_HOST_BITS "10.0.0.5/24"'],
    ["ip in [10.0.0.5/24 10.0.0.6]", 'warning FILTER_HOST_BITS "10.0.0.5/24"'],
    ["proto tcp or proto udp and port 53", 'warning FILTER_PRECEDENCE "proto udp and port 53"'],
    ["proto tcp and port 53 or proto udp"],
    ["proto tcp or (proto udp and port 53)"],
    ["not flags AFRPU", 'warning FILTER_FLAGS_IDIOM "not flags AFRPU"'],
    ["flags S and not flags AFRPU", 'warning FILTER_FLAGS_IDIOM "not flags AFRPU"'],
    ["not flags A"],
    ["not flags =SA"],
    ["not flags none AF"],
    ["src as 0", 'warning FILTER_NEVER_TRUE "src as 0"'],
    ["src as >= 0"],
    ["port 0"],
    ["duration 0"],
    ["port > 65535", 'warning FILTER_NEVER_TRUE "port > 65535"'],
    ["port < 0", 'warning FILTER_NEVER_TRUE "port < 0"'],
    ["duration > 5m", 'info FILTER_UNIT "5m"'],
    ["duration > 5min"],
  ])("%s", (text, ...wanted) => {
    expect(marks(text)).toEqual(wanted);
    expect(checkFilter(text).predicate).toBeDefined();
  });

  test("the old idiom for a lone SYN is told to write flags =S", () => {
    expect(hint("flags S and not flags AFRPU")).toMatch(/flags =S/);
  });
});

describe("accepts what nfdump and tcpdump people type, in one spelling", () => {
  test.each([
    ["PROTO TCP AND NOT PORT 80", "proto tcp and not port 80"],
    ["!(proto tcp && port 80) || any", "not (proto tcp and port 80) or any"],
    ["host 10.0.0.1", "ip 10.0.0.1"],
    ["src or dst port 80", "port 80"],
    ["dst or src port 80", "port 80"],
    ["src and dst port 80", "src and dst port 80"],
    ["src or src port 80", "src port 80"],
    ["port == 80 or port eq 81 or port=82", "port 80 or port 81 or port 82"],
    ["bytes GT 1k and bytes le 0x10", "bytes > 1k and bytes <= 16"],
    ["bytes 1500000", "bytes 1500k"],
    ["bytes 2000000000000", "bytes 2t"],
    ["bytes > 18446744073709551615", "bytes > 18446744073709551615"],
    ["port in [80,443,\n 8080 # web\n 8443-8445]", "port in [80 443 8080 8443-8445]"],
    ["port in [80]", "port 80"],
    ["port 80 or 443", "port 80 or port 443"],
    ["dst host 10.0.0.1 or 10.0.0.2", "dst ip 10.0.0.1 or dst ip 10.0.0.2"],
    ["src 10.0.0.1", "src ip 10.0.0.1"],
    ["port http or https", "port 80 or port 443"],
    ["port domain", "port 53"],
    ["tcp or udp or icmp6", "proto tcp or proto udp or proto icmp6"],
    ["proto 6", "proto tcp"],
    ["proto ipv6-icmp", "proto icmp6"],
    ["proto 200", "proto 200"],
    ["proto != tcp", "not proto tcp"],
    ["net 10.1", "net 10.1.0.0/16"],
    ["net 10.0.0.1", "ip 10.0.0.1"],
    ["ip 10.0.0.0/8", "net 10.0.0.0/8"],
    ["ip ::ffff:10.0.0.1", "ip 10.0.0.1"],
    ["ip 2001:0DB8:0:0::0001", "ip 2001:db8::1"],
    ["ip in [10.0.0.0/8]", "net 10.0.0.0/8"],
    ["inet6", "ipv6"],
    ["icmp-type 8", "icmp type 8"],
    ["flags FSA", "flags ASF"],
    ["flags = S", "flags =S"],
    ["flags = 0x12", "flags =AS"],
    ["flags 0", "flags 0"],
    ["flags != 0", "not flags 0"],
    ["flags X", "flags UAPRSF"],
    ["flags > 15", "flags > 15"],
    ["flags any rf", "flags any RF"],
    ["flags any r", "flags R"],
    ["flags none AFRPU", "flags none UAPRF"],
    ["flags S/SA", "flags S/AS"],
    ["duration > 60s and duration < 2h", "duration > 60000 and duration < 7200000"],
    ["router ip 192.0.2.1", "exporter ip 192.0.2.1"],
    ["next net 10.0.0.0/8", "next net 10.0.0.0/8"],
    ["flowdir 1", "flowdir egress"],
    ["mac 00-1B-54-AA-BB-CC", "mac 00:1b:54:aa:bb:cc"],
    ["in if 3 or out if 4", "in if 3 or out if 4"],
    ["min ttl < 10 and max ttl > 20 and ttl 64", "min ttl < 10 and max ttl > 20 and ttl 64"],
    ["not not any", "not not any"],
    ["((any and (ipv4 and ipv6)))", "any and ipv4 and ipv6"],
  ])("%s", (text, wanted) => {
    const { ast, diagnostics } = checkFilter(text);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(printFilter(ast)).toBe(wanted);
  });
});

describe("compileFilterOrThrow", () => {
  test("gives the meaning", () => {
    expect(compileFilterOrThrow("src port 80")).toEqual({ kind: "compare", field: "src_port", op: "=", value: 80 });
  });

  test("throws the first error with place and hint, not an earlier warning", () => {
    expect.assertions(2);
    try {
      compileFilterOrThrow("net 10.0.0.1/8 and prot tcp");
    } catch (error) {
      expect(error).toBeInstanceOf(SillageError);
      expect(error).toMatchObject({
        kind: "input",
        code: "FILTER_UNKNOWN_WORD",
        hint: "did you mean proto?",
        position: { offset: 19, length: 4, line: 1, column: 20 },
      });
    }
  });
});
