package ingest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"catsvdogs/services/pipeline/config"
)

// Values of --source.
const (
	sourceAuto      = "auto"
	sourceX         = "x"
	sourceSimulator = "simulator"
	sourceBluesky   = "bluesky"
	sourceFile      = "file"
	sourceArchive   = "archive"
)

// source is the one that is read; sourceAuto when nothing says which.
func (c Config) source() string {
	switch {
	case c.Source != "" && c.Source != sourceAuto:
		return c.Source
	case c.API.HasToken():
		return sourceX
	case c.SimulatorURL != "":
		return sourceSimulator
	default:
		return sourceAuto
	}
}

// noSource says what to give when nothing says where posts come from.
func (c Config) noSource() error {
	return fmt.Errorf("--source: nothing says where posts come from; for X give --x-bearer-token-file or set %s_X_BEARER_TOKEN, "+
		"for the simulator give --simulator-url, for Bluesky --source=bluesky, for a file --source=file and --file, for the archive --source=archive and --replay-from", config.EnvPrefix)
}

// blueskyHosts returns the addresses of Jetstream. A bare name stands for the usual address there. Plain ws is allowed:
// no secret is sent, and a Jetstream of one's own is often a neighbour without a certificate.
func (c Config) blueskyHosts() ([]*url.URL, error) {
	const flag, example = "--bluesky-url", "jetstream1.us-east.bsky.network or ws://127.0.0.1:6008/subscribe"
	var hosts []*url.URL
	for _, given := range c.BlueskyURL {
		given = strings.TrimSpace(given)
		if !strings.Contains(given, "://") {
			given = "wss://" + given
		}
		u, err := url.Parse(given)
		if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("%s: give hosts like %s, without a user or a query", flag, example)
		}
		switch u.Scheme {
		case "ws", "wss":
		case "http", "https":
			u.Scheme = "ws" + strings.TrimPrefix(u.Scheme, "http")
		default:
			return nil, fmt.Errorf("%s: %q is no scheme of a Jetstream; give hosts like %s", flag, u.Scheme, example)
		}
		if u.Path == "" || u.Path == "/" {
			u.Path = "/subscribe"
		}
		hosts = append(hosts, u)
	}
	if len(hosts) == 0 {
		return nil, errors.New(flag + ": give at least one host like " + example)
	}
	return hosts, nil
}
