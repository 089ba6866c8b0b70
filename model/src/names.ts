/**
 * Names for numbers that people know by name: IP protocols, services, ICMP types, TCP flags. Used to read filters and to label answers.
 * Sources: IANA protocol-numbers, service-names-port-numbers, icmp-parameters, icmpv6-parameters; names as in /etc/protocols and
 * /etc/services where those differ and people type them. Unassigned and experimental numbers have no name.
 */

/** Protocol number -> names, the shown one first. 4 is `ipip` as in nfdump and ip-tunnel(8); IANA's IPIP is 94. */
// prettier-ignore
const PROTOCOLS: Readonly<Record<number, readonly string[]>> = {
  0: ["hopopt"], 1: ["icmp"], 2: ["igmp"], 3: ["ggp"], 4: ["ipip", "ipencap"], 5: ["st"], 6: ["tcp"], 7: ["cbt"], 8: ["egp"], 9: ["igp"],
  10: ["bbn-rcc-mon"], 11: ["nvp-ii"], 12: ["pup"], 13: ["argus"], 14: ["emcon"], 15: ["xnet"], 16: ["chaos"], 17: ["udp"], 18: ["mux"], 19: ["dcn-meas"],
  20: ["hmp"], 21: ["prm"], 22: ["xns-idp"], 23: ["trunk-1"], 24: ["trunk-2"], 25: ["leaf-1"], 26: ["leaf-2"], 27: ["rdp"], 28: ["irtp"], 29: ["iso-tp4"],
  30: ["netblt"], 31: ["mfe-nsp"], 32: ["merit-inp"], 33: ["dccp"], 34: ["3pc"], 35: ["idpr"], 36: ["xtp"], 37: ["ddp"], 38: ["idpr-cmtp"], 39: ["tp-pp"],
  40: ["il"], 41: ["ipv6"], 42: ["sdrp"], 43: ["ipv6-route"], 44: ["ipv6-frag"], 45: ["idrp"], 46: ["rsvp"], 47: ["gre"], 48: ["dsr"], 49: ["bna"],
  50: ["esp"], 51: ["ah"], 52: ["i-nlsp"], 53: ["swipe"], 54: ["narp"], 55: ["mobile"], 56: ["tlsp"], 57: ["skip"],
  58: ["icmp6", "ipv6-icmp", "icmpv6"], 59: ["ipv6-nonxt"], 60: ["ipv6-opts"], 62: ["cftp"], 64: ["sat-expak"], 65: ["kryptolan"], 66: ["rvd"], 67: ["ippc"],
  69: ["sat-mon"], 70: ["visa"], 71: ["ipcv"], 72: ["cpnx"], 73: ["cphb"], 74: ["wsn"], 75: ["pvp"], 76: ["br-sat-mon"], 77: ["sun-nd"], 78: ["wb-mon"], 79: ["wb-expak"],
  80: ["iso-ip"], 81: ["vmtp"], 82: ["secure-vmtp"], 83: ["vines"], 84: ["iptm", "ttp"], 85: ["nsfnet-igp"], 86: ["dgp"], 87: ["tcf"], 88: ["eigrp"], 89: ["ospf", "ospfigp"],
  90: ["sprite-rpc"], 91: ["larp"], 92: ["mtp"], 93: ["ax25", "ax.25"], 95: ["micp"], 96: ["scc-sp"], 97: ["etherip"], 98: ["encap"],
  100: ["gmtp"], 101: ["ifmp"], 102: ["pnni"], 103: ["pim"], 104: ["aris"], 105: ["scps"], 106: ["qnx"], 107: ["a-n"], 108: ["ipcomp"], 109: ["snp"],
  110: ["compaq-peer"], 111: ["ipx-in-ip"], 112: ["vrrp", "carp"], 113: ["pgm"], 115: ["l2tp"], 116: ["ddx"], 117: ["iatp"], 118: ["stp"], 119: ["srp"],
  120: ["uti"], 121: ["smp"], 122: ["sm"], 123: ["ptp"], 124: ["isis"], 125: ["fire"], 126: ["crtp"], 127: ["crudp"], 128: ["sscopmce"], 129: ["iplt"],
  130: ["sps"], 131: ["pipe"], 132: ["sctp"], 133: ["fc"], 134: ["rsvp-e2e-ignore"], 135: ["mobility-header"], 136: ["udplite"], 137: ["mpls-in-ip"], 138: ["manet"], 139: ["hip"],
  140: ["shim6"], 141: ["wesp"], 142: ["rohc"], 143: ["ethernet"], 144: ["aggfrag"], 145: ["nsh"], 146: ["homa"],
};

/** Port -> names, the shown one first; those that show up in flow records, not all of IANA's list. */
// prettier-ignore
const SERVICES: Readonly<Record<number, readonly string[]>> = {
  7: ["echo"], 9: ["discard"], 13: ["daytime"], 17: ["qotd"], 19: ["chargen"], 20: ["ftp-data"], 21: ["ftp"], 22: ["ssh"], 23: ["telnet"], 25: ["smtp"],
  37: ["time"], 43: ["whois"], 49: ["tacacs"], 53: ["domain", "dns"], 67: ["bootps", "dhcp-server"], 68: ["bootpc", "dhcp-client"], 69: ["tftp"], 70: ["gopher"], 79: ["finger"],
  80: ["http", "www"], 88: ["kerberos"], 102: ["iso-tsap"], 109: ["pop2"], 110: ["pop3"], 111: ["sunrpc", "portmapper", "rpcbind"], 113: ["auth", "ident"], 119: ["nntp"], 123: ["ntp"],
  135: ["epmap", "msrpc"], 137: ["netbios-ns"], 138: ["netbios-dgm"], 139: ["netbios-ssn"], 143: ["imap", "imap2"], 161: ["snmp"], 162: ["snmptrap", "snmp-trap"], 177: ["xdmcp"], 179: ["bgp"],
  194: ["irc"], 201: ["at-rtmp"], 264: ["bgmp"], 319: ["ptp-event"], 320: ["ptp-general"], 389: ["ldap"], 427: ["svrloc", "slp"], 443: ["https"], 444: ["snpp"], 445: ["microsoft-ds", "smb"], 464: ["kpasswd"], 465: ["submissions", "smtps"],
  500: ["isakmp", "ike"], 502: ["modbus", "mbap"], 512: ["exec"], 513: ["login"], 514: ["syslog", "shell"], 515: ["printer", "lpd"], 520: ["rip", "router"], 521: ["ripng"], 523: ["ibm-db2"], 540: ["uucp"],
  543: ["klogin"], 546: ["dhcpv6-client"], 547: ["dhcpv6-server"], 548: ["afpovertcp", "afp"], 554: ["rtsp"], 563: ["nntps"], 587: ["submission"], 593: ["http-rpc-epmap"], 623: ["asf-rmcp", "ipmi"], 631: ["ipp"], 636: ["ldaps"], 646: ["ldp"],
  655: ["tinc"], 666: ["doom"], 694: ["ha-cluster"], 749: ["kerberos-adm"], 853: ["domain-s", "dns-over-tls"], 860: ["iscsi"], 873: ["rsync"], 902: ["ideafarm-door", "vmware-auth"], 989: ["ftps-data"], 990: ["ftps"], 992: ["telnets"], 993: ["imaps"], 995: ["pop3s"],
  1080: ["socks"], 1194: ["openvpn"], 1352: ["lotusnote"], 1433: ["ms-sql-s", "mssql"], 1434: ["ms-sql-m"], 1521: ["oracle"], 1645: ["radius-old"], 1646: ["radacct-old"], 1701: ["l2f", "l2tp"], 1719: ["h323gatestat"], 1720: ["h323hostcall"], 1723: ["pptp"],
  1812: ["radius"], 1813: ["radius-acct", "radacct"], 1883: ["mqtt"], 1900: ["ssdp"], 1935: ["rtmp"], 1985: ["hsrp"], 2000: ["cisco-sccp"], 2049: ["nfs"], 2055: ["netflow"], 2082: ["cpanel"], 2083: ["cpanels"], 2152: ["gtp-user"], 2181: ["zookeeper"],
  2222: ["ssh-alt"], 2375: ["docker"], 2376: ["docker-s"], 2379: ["etcd-client"], 2380: ["etcd-server"], 2404: ["iec-104"], 3000: ["grafana"], 3074: ["xbox"], 3128: ["squid"], 3260: ["iscsi-target"], 3268: ["msft-gc"], 3269: ["msft-gc-ssl"], 3306: ["mysql"],
  3389: ["ms-wbt-server", "rdp"], 3478: ["stun", "turn"], 3632: ["distcc"], 3690: ["svn"], 3702: ["ws-discovery"], 3784: ["bfd-control"], 4369: ["epmd"], 4444: ["krb524"], 4500: ["ipsec-nat-t"], 4569: ["iax"], 4739: ["ipfix"], 4789: ["vxlan"],
  5000: ["commplex-main"], 5004: ["rtp"], 5005: ["rtcp"], 5060: ["sip"], 5061: ["sips"], 5222: ["xmpp-client"], 5228: ["hpvroom"], 5269: ["xmpp-server"], 5349: ["stuns"], 5351: ["nat-pmp"], 5353: ["mdns"], 5355: ["llmnr"], 5432: ["postgresql", "postgres"], 5555: ["adb"],
  5671: ["amqps"], 5672: ["amqp"], 5683: ["coap"], 5684: ["coaps"], 5900: ["vnc", "rfb"], 5938: ["teamviewer"], 5984: ["couchdb"], 5985: ["winrm"], 5986: ["winrms"], 6000: ["x11"], 6081: ["geneve"], 6343: ["sflow"], 6379: ["redis"], 6443: ["kubernetes-api"], 6514: ["syslog-tls"],
  6633: ["openflow-old"], 6653: ["openflow"], 6667: ["ircd"], 6881: ["bittorrent"], 7000: ["afs3-fileserver"], 7547: ["cwmp", "tr-069"], 8000: ["http-alt-8000"], 8008: ["http-alt-8008"], 8080: ["http-alt", "http-proxy", "webcache"], 8081: ["http-alt-8081"], 8086: ["influxdb"], 8088: ["http-alt-8088"],
  8123: ["clickhouse-http"], 8291: ["winbox"], 8333: ["bitcoin"], 8443: ["https-alt"], 8728: ["mikrotik-api"], 8883: ["mqtts", "secure-mqtt"], 8888: ["http-alt-8888"], 9000: ["cslistener", "clickhouse"], 9042: ["cassandra"], 9090: ["prometheus"], 9092: ["kafka"], 9100: ["jetdirect", "pdl-datastream"],
  9200: ["elasticsearch"], 9418: ["git"], 9993: ["zerotier"], 9995: ["netflow-alt"], 10000: ["ndmp", "webmin"], 10050: ["zabbix-agent"], 10051: ["zabbix-trapper"], 10250: ["kubelet"], 11211: ["memcached", "memcache"], 17500: ["dropbox-lan"], 19302: ["stun-google"], 20000: ["dnp3"],
  25565: ["minecraft"], 27015: ["source-engine"], 27017: ["mongodb"], 30303: ["ethereum"], 31337: ["elite"], 32400: ["plex"], 33434: ["traceroute"], 37777: ["dahua"], 44818: ["ethernet-ip"], 47808: ["bacnet"], 51820: ["wireguard"],
};

/** ICMP (protocol 1) type -> name. */
// prettier-ignore
export const ICMP_TYPES: Readonly<Record<number, string>> = {
  0: "echo-reply", 3: "unreachable", 4: "source-quench", 5: "redirect", 8: "echo-request", 9: "router-advertisement", 10: "router-solicitation",
  11: "time-exceeded", 12: "parameter-problem", 13: "timestamp-request", 14: "timestamp-reply", 15: "information-request", 16: "information-reply",
  17: "mask-request", 18: "mask-reply", 30: "traceroute", 40: "photuris", 42: "extended-echo-request", 43: "extended-echo-reply",
};

/** ICMPv6 (protocol 58) type -> name. */
// prettier-ignore
export const ICMP6_TYPES: Readonly<Record<number, string>> = {
  1: "unreachable", 2: "packet-too-big", 3: "time-exceeded", 4: "parameter-problem", 128: "echo-request", 129: "echo-reply",
  130: "listener-query", 131: "listener-report", 132: "listener-done", 133: "router-solicitation", 134: "router-advertisement",
  135: "neighbor-solicitation", 136: "neighbor-advertisement", 137: "redirect", 138: "router-renumbering", 143: "listener-report-v2",
  144: "home-agent-request", 145: "home-agent-reply", 146: "mobile-prefix-solicitation", 147: "mobile-prefix-advertisement",
  148: "certification-path-solicitation", 149: "certification-path-advertisement", 151: "router-advertisement-mrd", 155: "rpl-control",
  160: "extended-echo-request", 161: "extended-echo-reply",
};

/** TCP control bits by nfdump's letters, highest bit first: the order in which they are written. */
export const TCP_FLAGS = { C: 128, E: 64, U: 32, A: 16, P: 8, R: 4, S: 2, F: 1 } as const;
export type TcpFlagLetter = keyof typeof TCP_FLAGS;

function shownNames(names: Readonly<Record<number, readonly string[]>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(names).map(([number, [name]]) => [Number(number), name ?? ""]));
}

function numbersByName(names: Readonly<Record<number, readonly string[]>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(names).flatMap(([number, all]) => all.map((name) => [name, Number(number)] as const)));
}

/** Protocol number -> name as shown. */
export const PROTOCOL_NAMES = shownNames(PROTOCOLS);
/** Port -> service name as shown. */
export const SERVICE_NAMES = shownNames(SERVICES);

const protocolByName = numbersByName(PROTOCOLS);
const serviceByName = numbersByName(SERVICES);

/** Every protocol name that is understood, aliases included. */
export const PROTOCOL_WORDS: readonly string[] = [...protocolByName.keys()];
/** Every service name that is understood, aliases included. */
export const SERVICE_WORDS: readonly string[] = [...serviceByName.keys()];

/** Number of a protocol name (any case); undefined for a name nobody gave. */
export function protocolNumber(name: string): number | undefined {
  return protocolByName.get(name.toLowerCase());
}

/** Port of a service name (any case). */
export function servicePort(name: string): number | undefined {
  return serviceByName.get(name.toLowerCase());
}

/** Name of an ICMP type for the protocol that carried it (1 or 58). */
export function icmpTypeName(proto: number, type: number): string | undefined {
  return proto === 58 ? ICMP6_TYPES[type] : ICMP_TYPES[type];
}

/** Flag letters in the order CEUAPRSF, as nfdump writes them; empty for none. Bits above the eight have no letter. */
export function tcpFlagLetters(flags: number): string {
  let letters = "";
  for (const [letter, bit] of Object.entries(TCP_FLAGS)) if ((flags & bit) !== 0) letters += letter;
  return letters;
}

/** Bits of flag letters (any case; X stands for the six classic flags); undefined when a character is not one of CEUAPRSFX. */
export function tcpFlagBits(letters: string): number | undefined {
  let bits = 0;
  for (const letter of letters.toUpperCase()) {
    if (letter === "X") bits |= 0x3f;
    else if (Object.hasOwn(TCP_FLAGS, letter)) bits |= TCP_FLAGS[letter as TcpFlagLetter];
    else return undefined;
  }
  return letters === "" ? undefined : bits;
}
