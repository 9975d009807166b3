package ingest

import (
	"errors"
	"fmt"
	"net"
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
	case c.XBearerToken != "" || c.XBearerTokenFile != "":
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

// apiURL returns the address of X's API. Over plain HTTP the token could be read on the way.
func (c Config) apiURL() (*url.URL, error) {
	const flag, example = "--x-api-url", "https://api.x.com"
	u, err := httpURL(flag, c.XAPIURL, example)
	if err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("%s: %s would get the bearer token over plain HTTP; use https, or a server on this machine", flag, u.Host)
	}
	return u, err
}

// simulatorURL returns the address of the simulator. There is no token to be read on the way.
func (c Config) simulatorURL() (*url.URL, error) {
	return httpURL("--simulator-url", c.SimulatorURL, "http://127.0.0.1:8081")
}

func httpURL(flag, given, example string) (*url.URL, error) {
	u, err := url.Parse(given)
	switch {
	case err != nil:
		// The library's error quotes the whole address, which may hold a password.
		return nil, fmt.Errorf("%s: is no URL; give one like %s", flag, example)
	case u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%s: must have a scheme and a host; give one like %s", flag, example)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%s: must have no user, query or fragment; give one like %s", flag, example)
	}
	return u, nil
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

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// token returns the bearer token.
func (c Config) token() (config.Secret, error) {
	token, err := config.SecretFrom(c.XBearerToken, c.XBearerTokenFile)
	switch {
	case err != nil:
		return "", fmt.Errorf("--x-bearer-token, --x-bearer-token-file: %w", err)
	case token == "":
		return "", fmt.Errorf("--x-bearer-token-file: give the file with the X app's bearer token, or set %s_X_BEARER_TOKEN", config.EnvPrefix)
	case strings.ContainsFunc(token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New("--x-bearer-token, --x-bearer-token-file: the token holds white space or characters that are no ASCII; give the token alone, without \"Bearer\"")
	}
	return token, nil
}
