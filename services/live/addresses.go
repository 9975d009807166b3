package live

import (
	"net/http"
	"net/netip"
	"strings"
)

// addresses tells readers apart by where they come from.
type addresses struct {
	header string // where a proxy in front of this writes the address; empty without one
}

// of is the address that the request came from: that of the connection or, behind a proxy, the last one in its header. Those
// before it are what the reader claims. A household or a machine has a whole /64 of IPv6 (RFC 6177), which counts as one.
func (a addresses) of(r *http.Request) string {
	text := r.RemoteAddr
	if a.header != "" {
		all := strings.Join(r.Header.Values(a.header), ",")
		if last := strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:]); last != "" {
			text = last
		}
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return "" // all of whom nothing is known share their seats
		}
		address = withPort.Addr()
	}
	address = address.Unmap().WithZone("")
	if address.Is6() {
		network, _ := address.Prefix(64) // an address of 128 bits has one
		return network.String()
	}
	return address.String()
}
