package live

import (
	"net/http"
	"testing"
)

func TestReadersAreToldApartByTheirAddress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		remote string
		header []string
		trust  string
		want   string
	}{
		"IPv4":                     {remote: "192.0.2.7:4711", want: "192.0.2.7"},
		"IPv4 as IPv6":             {remote: "[::ffff:192.0.2.7]:4711", want: "192.0.2.7"},
		"a network of IPv6":        {remote: "[2001:db8:1:2:3:4:5:6]:4711", want: "2001:db8:1:2::/64"},
		"a header nobody trusts":   {remote: "192.0.2.7:4711", header: []string{"198.51.100.1"}, want: "192.0.2.7"},
		"a proxy's header":         {remote: "192.0.2.7:4711", header: []string{"198.51.100.1"}, trust: "X-Forwarded-For", want: "198.51.100.1"},
		"what the reader claims":   {remote: "192.0.2.7:4711", header: []string{"10.0.0.1, 198.51.100.1"}, trust: "X-Forwarded-For", want: "198.51.100.1"},
		"in a header of its own":   {remote: "192.0.2.7:4711", header: []string{"10.0.0.1", "198.51.100.1:80"}, trust: "X-Forwarded-For", want: "198.51.100.1"},
		"IPv6 in brackets":         {remote: "192.0.2.7:4711", header: []string{"[2001:db8::1]"}, trust: "X-Forwarded-For", want: "2001:db8::/64"},
		"past the proxy":           {remote: "192.0.2.7:4711", trust: "X-Forwarded-For", want: "192.0.2.7"},
		"nonsense from the header": {remote: "192.0.2.7:4711", header: []string{"unknown"}, trust: "X-Forwarded-For", want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: test.remote, Header: http.Header{"X-Forwarded-For": test.header}}
			if got := (addresses{test.trust}).of(r); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
