package vision

import (
	"net/url"
	"slices"
	"strings"
)

const (
	// maxPictures is how many pictures of a post are looked at: X has up to four, a gallery on Bluesky ten.
	maxPictures = 10
	// maxAddressBytes bounds the address of one picture; the platforms' have some hundred bytes.
	maxAddressBytes = 2048
)

// pictures returns those of the addresses that may be handed on, the first ten of them.
func pictures(addresses, hosts []string) []string {
	var allowed []string
	for _, given := range addresses {
		if len(allowed) == maxPictures {
			break
		}
		if address, ok := picture(given, hosts); ok {
			allowed = append(allowed, address)
		}
	}
	return allowed
}

// picture returns the address as it is handed on, written anew from its parts, so that the model's parser sees the host
// that was checked here. False for any address that is not https, on one of hosts, at the usual port, and plain ASCII.
func picture(given string, hosts []string) (string, bool) {
	if len(given) > maxAddressBytes || strings.ContainsFunc(given, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) {
		return "", false
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" && u.Port() != "443" {
		return "", false
	}
	host := strings.ToLower(u.Hostname())
	if !slices.Contains(hosts, host) {
		return "", false
	}
	address := url.URL{Scheme: "https", Host: host, Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
	written := address.String()
	return written, len(written) <= maxAddressBytes
}
