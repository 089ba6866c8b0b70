//go:build hosttest

package hosttest

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TCP control bits, RFC 9293 section 3.1.
const (
	syn = 0x02
	ack = 0x10
)

// flow is one NetFlow v5 record, as far as these tests look at it.
type flow struct {
	src, dst         netip.Addr
	srcPort, dstPort uint16
	flags            byte
	packets, bytes   uint32
}

// recordsPerDatagram is the most that v5 allows. Source: Cisco, NetFlow Export Datagram Format.
const recordsPerDatagram = 30

// send exports flows of TCP over UDP, as a router does.
func send(t *testing.T, flows []flow) {
	t.Helper()
	connection, err := net.Dial("udp", need(t, "SILLAGE_UDP"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	const uptimeMs = 3_600_000
	for start := 0; start < len(flows); start += recordsPerDatagram {
		part := flows[start:min(start+recordsPerDatagram, len(flows))]
		now := time.Now()
		datagram := binary.BigEndian.AppendUint16(nil, 5)
		datagram = binary.BigEndian.AppendUint16(datagram, uint16(len(part)))
		datagram = binary.BigEndian.AppendUint32(datagram, uptimeMs)
		datagram = binary.BigEndian.AppendUint32(datagram, uint32(now.Unix()))
		datagram = binary.BigEndian.AppendUint32(datagram, uint32(now.Nanosecond()))
		datagram = binary.BigEndian.AppendUint32(datagram, uint32(start))
		datagram = append(datagram, 0, 0, 0, 0) // engine, no sampling
		for _, f := range part {
			datagram = append(datagram, f.src.AsSlice()...)
			datagram = append(datagram, f.dst.AsSlice()...)
			datagram = append(datagram, 0, 0, 0, 0, 0, 1, 0, 2) // next hop, interfaces 1 and 2
			datagram = binary.BigEndian.AppendUint32(datagram, f.packets)
			datagram = binary.BigEndian.AppendUint32(datagram, f.bytes)
			datagram = binary.BigEndian.AppendUint32(datagram, uptimeMs-1000) // first
			datagram = binary.BigEndian.AppendUint32(datagram, uptimeMs-500)  // last
			datagram = binary.BigEndian.AppendUint16(datagram, f.srcPort)
			datagram = binary.BigEndian.AppendUint16(datagram, f.dstPort)
			datagram = append(datagram, 0, f.flags, 6, 0) // pad, flags, TCP, ToS
			datagram = append(datagram, make([]byte, 8)...)
		}
		if _, err := connection.Write(datagram); err != nil {
			t.Fatal(err)
		}
	}
}

// source is an address of 198.18.0.0/15 (RFC 2544) that no other run has used lately.
func source() netip.Addr {
	return netip.AddrFrom4([4]byte{198, byte(18 + rand.IntN(2)), byte(rand.IntN(256)), byte(1 + rand.IntN(254))})
}

// knocks are first contacts that nobody answers: from one source to port 445 of as many targets in 203.0.113.0/24 (RFC 5737).
func knocks(from netip.Addr, count int) []flow {
	flows := make([]flow, count)
	for i := range flows {
		to := netip.AddrFrom4([4]byte{203, 0, 113, byte(1 + i%254)})
		flows[i] = flow{src: from, dst: to, srcPort: uint16(40_000 + i), dstPort: 445, flags: syn, packets: 1, bytes: 40}
	}
	return flows
}

// answeredFlows are connections that worked: 1,000 bytes each.
func answeredFlows(from netip.Addr, count int) []flow {
	flows := knocks(from, count)
	for i := range flows {
		flows[i].flags, flows[i].dstPort, flows[i].packets, flows[i].bytes = syn|ack, 443, 10, 1_000
	}
	return flows
}

// eventually asks until the answer is there; the store shows flows about two seconds after they came.
func eventually(t *testing.T, what string, probe func() bool) {
	t.Helper()
	for deadline := time.Now().Add(45 * time.Second); time.Now().Before(deadline); time.Sleep(250 * time.Millisecond) {
		if probe() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}
