package elasticsearch

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ownMachine keeps pages of others that a browser on this machine shows away from an index that asks for no password: they
// may not send what changes it, and on loopback they may not claim to come from here by a name of theirs that leads here
// (DNS rebinding).
func ownMachine(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		if local != nil && local.IP.IsLoopback() && !isThisMachine(r.Host) {
			http.Error(w, "this index is for this machine: ask it by its address", http.StatusForbidden)
			return
		}
		sameOrigin.ServeHTTP(w, r)
	})
}

// isThisMachine says whether a Host header is one that no page of others can have: an address or localhost.
func isThisMachine(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	_, err = netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil
}
