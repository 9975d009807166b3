package vision

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var hosts = []string{"pbs.twimg.com", "cdn.bsky.app"}

func TestOnlyAPlatformsPicturesAreHandedOn(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://pbs.twimg.com/media/a.jpg":                             "https://pbs.twimg.com/media/a.jpg",
		"HTTPS://PBS.twimg.com:443/media/a?format=jpg&name=small#x":     "https://pbs.twimg.com/media/a?format=jpg&name=small",
		"https://cdn.bsky.app/img/plain/did:plc:x/bafk@jpeg":            "https://cdn.bsky.app/img/plain/did:plc:x/bafk@jpeg",
		"https://pbs.twimg.com/a%2Fb":                                   "https://pbs.twimg.com/a%2Fb",
		"http://pbs.twimg.com/media/a.jpg":                              "",
		"//pbs.twimg.com/media/a.jpg":                                   "",
		"https:pbs.twimg.com/media/a.jpg":                               "",
		"ftp://pbs.twimg.com/a":                                         "",
		"file:///etc/passwd":                                            "",
		"data:image/png;base64,AAAA":                                    "",
		"https://pbs.twimg.com.evil.example/a":                          "",
		"https://evil.example/pbs.twimg.com":                            "",
		"https://pbs.twimg.com@evil.example/a":                          "",
		"https://user@pbs.twimg.com/a":                                  "",
		`https://pbs.twimg.com\@evil.example/a`:                         "",
		`https://evil.example\.pbs.twimg.com/a`:                         "",
		`https://pbs.twimg.com/a?b\c`:                                   "",
		"https://evil.example#@pbs.twimg.com/a":                         "",
		"https://pbs.twimg.com:8443/a":                                  "",
		"https://pbs.twimg.com./a":                                      "",
		"https://127.0.0.1/a":                                           "",
		"https://[::1]/a":                                               "",
		"https://pbs。twimg。com/a":                                       "",
		"https://pbs.twimg.com/a b":                                     "",
		"https://pbs.twimg.com/a\nHost: evil.example":                   "",
		" https://pbs.twimg.com/a":                                      "",
		"":                                                              "",
		"https://pbs.twimg.com/" + strings.Repeat("a", maxAddressBytes): "",
	} {
		if got, ok := picture(given, hosts); got != want && ok || ok != (want != "") {
			t.Errorf("picture(%.80q) = %q, %v, want %q", given, got, ok, want)
		}
	}
}

func TestNoMoreThanTenPicturesOfAPostAreHandedOn(t *testing.T) {
	t.Parallel()
	given := []string{"https://evil.example/0"}
	var want []string
	for i := range 30 {
		given = append(given, fmt.Sprintf("https://pbs.twimg.com/%d", i))
		if i < 10 {
			want = append(want, given[len(given)-1])
		}
	}
	if diff := cmp.Diff(want, pictures(given, hosts)); diff != "" {
		t.Error(diff)
	}
}

func FuzzPicture(f *testing.F) {
	for _, seed := range []string{
		"https://pbs.twimg.com/media/a.jpg?x=y#z", "https://pbs.twimg.com@evil.example", `https://pbs.twimg.com\@evil`, "https://pbs.twimg.com:0443/%zz", "https:///pbs.twimg.com", "https://pbs.twimg.com//evil.example/%2e%2e",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		address, ok := picture(given, hosts)
		if !ok {
			return
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" || !slices.Contains(hosts, u.Host) || len(address) > maxAddressBytes {
			t.Errorf("picture(%q) = %q", given, address)
		}
		if strings.ContainsAny(address, "\\ \t\r\n") || !strings.HasPrefix(address, "https://"+u.Host) {
			t.Errorf("picture(%q) = %q", given, address)
		}
		if rest := strings.TrimPrefix(address, "https://"+u.Host); rest != "" && rest[0] != '/' && rest[0] != '?' {
			t.Errorf("picture(%q) = %q: the host goes on", given, address)
		}
		if again, ok := picture(address, hosts); !ok || again != address {
			t.Errorf("picture(%q) = %q, %v: what was handed on changes", address, again, ok)
		}
	})
}
