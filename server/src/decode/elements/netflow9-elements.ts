/**
 * NetFlow v9 field types of vendors. v9 has no enterprise numbers, so vendors took what was free: 65-69 (of which FortiOS uses the first),
 * and numbers above IANA's. Where a vendor numbers its v9 types as its IPFIX elements plus an offset, `canonicalElement` makes them the same:
 * Cisco adds 0x8000 to elements of its enterprise 9, ntop adds 57472 to those of 35632. The nine of Cisco's firewalls stay v9 types, since
 * firewalls speak v9.
 *
 * Sources: Cisco "ASA NetFlow Implementation Guide", nProbe's field list, FortiOS and PAN-OS handbooks, Streamcore's NetFlow documentation.
 */
import type { ElementRow } from "./element-type.ts";
import { ENTERPRISES } from "./enterprise-elements.ts";

// A table: one row a line.
// prettier-ignore
export const NETFLOW9_ELEMENTS: readonly ElementRow[] = [
  [65, "FLOW_FLAGS (FortiOS)"],
  [8192, "streamcoreWanRtt", "unsigned32"],
  [8193, "streamcoreNetAppRespTime", "unsigned32"],
  [8194, "streamcoreTotalAppRespTime", "unsigned32"],
  [8195, "streamcoreTcpRetransRate", "unsigned16"],
  [8196, "streamcoreCallDirection", "unsigned8"],
  [8256, "streamcoreHostname", "string"],
  [8257, "streamcoreUrl", "string"],
  [8258, "streamcoreSslCn", "string"],
  [8259, "streamcoreSslOrg", "string"],
  [8320, "streamcoreMosLq", "unsigned16"],
  [8321, "streamcoreNetDelay", "unsigned16"],
  [8322, "streamcoreNetLoss", "unsigned16"],
  [8323, "streamcoreNetJitter", "unsigned16"],
  [8324, "streamcoreNetDiscard", "unsigned16"],
  [8325, "streamcoreRtpClockrateIn", "unsigned8"],
  [8326, "streamcoreRtpClockrateOut", "unsigned8"],
  [8327, "streamcoreCodecIn", "unsigned8"],
  [8328, "streamcoreCodecOut", "unsigned8"],
  [8384, "streamcoreIdRule1", "unsigned32"],
  [8385, "streamcoreIdRule2", "unsigned32"],
  [8386, "streamcoreIdRule3", "unsigned32"],
  [8387, "streamcoreIdRule4", "unsigned32"],
  [8388, "streamcoreIdRule5", "unsigned32"],
  [8389, "streamcoreIdRule6", "unsigned32"],
  [8390, "streamcoreIdRule7", "unsigned32"],
  [8391, "streamcoreIdRule8", "unsigned32"],
  [8392, "streamcoreIdRule9", "unsigned32"],
  [8393, "streamcoreIdRule10", "unsigned32"],
  [20000, "wlanId (Cisco WLC)", "unsigned16"],
  [24628, "natLogContextId"],
  [24629, "natLogContextName"],
  [24630, "natLogAssignTimeSeconds"],
  [24631, "natLogUnassignTimeSeconds"],
  [24632, "natLogInternalIPv4Address", "ipv4Address"],
  [24633, "natLogExternalIPv4Address", "ipv4Address"],
  [24634, "natLogExternalPortFirst", "unsigned16"],
  [24635, "natLogExternalPortLast", "unsigned16"],
  [33000, "NF_F_INGRESS_ACL_ID", "octetArray"],
  [33001, "NF_F_EGRESS_ACL_ID", "octetArray"],
  [33002, "NF_F_FW_EXT_EVENT", "unsigned16"],
  [40000, "NF_F_USERNAME", "string"],
  [40001, "NF_F_XLATE_SRC_ADDR_IPV4", "ipv4Address"],
  [40002, "NF_F_XLATE_DST_ADDR_IPV4", "ipv4Address"],
  [40003, "NF_F_XLATE_SRC_PORT", "unsigned16"],
  [40004, "NF_F_XLATE_DST_PORT", "unsigned16"],
  [40005, "NF_F_FW_EVENT", "unsigned8"],
  [56701, "App-ID (PAN-OS)", "string"],
  [56702, "User-ID (PAN-OS)", "string"],
];

const CISCO = 9;
const CISCO_OFFSET = 0x8000;
const NTOP = 35_632;
const NTOP_OFFSET = 57_472;
/** Enterprise number under which IPFIX mediators carry v9 types above 0x7fff, which do not fit an IPFIX element number. */
const NETFLOW9_IN_IPFIX = 0xffff_ffff;

const ciscoElements = new Set(ENTERPRISES[CISCO]?.elements.map(([id]) => id));
const netflow9Types = new Set(NETFLOW9_ELEMENTS.map(([id]) => id));

export interface ElementNumber {
  readonly enterprise: number;
  readonly id: number;
}

/** One spelling for elements that vendors number in several ways. In IPFIX no element of enterprise 0 is above 0x7fff. */
export function canonicalElement(enterprise: number, id: number): ElementNumber {
  if (enterprise === NETFLOW9_IN_IPFIX) return canonicalElement(0, id | CISCO_OFFSET);
  if (enterprise === CISCO && netflow9Types.has(id | CISCO_OFFSET)) return { enterprise: 0, id: id | CISCO_OFFSET };
  if (enterprise !== 0 || id < CISCO_OFFSET || netflow9Types.has(id)) return { enterprise, id };
  if (id >= NTOP_OFFSET) return { enterprise: NTOP, id: id - NTOP_OFFSET };
  return ciscoElements.has(id - CISCO_OFFSET) ? { enterprise: CISCO, id: id - CISCO_OFFSET } : { enterprise, id };
}
