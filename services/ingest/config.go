package ingest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// Bounds on values of Config.
const (
	minBufferBytes = 2 * topic.MaxRecordBytes // a batch on its way, and as much again behind it
	maxBufferBytes = 16 << 30
	minStall       = 20 * time.Second // X sends a keep-alive at least that often
	maxStall       = time.Minute
)

// Config is what ingest can be told.
type Config struct {
	Kafka     broker.Config    `embed:""`
	Telemetry telemetry.Config `embed:""`

	Contest string `name:"contest" help:"Contest file: teams, hashtags and the rules to set on the stream. Default ${default}." default:"contest.yaml" placeholder:"FILE"`

	XAPIURL          string        `name:"x-api-url" help:"X API, or a server that speaks it. Plain http only on this machine. Default ${default}." default:"https://api.x.com" placeholder:"URL"`
	XBearerToken     config.Secret `name:"x-bearer-token" help:"Bearer token of the X app. Better given by the variable or a file: a flag shows in the list of processes." placeholder:"TOKEN"`
	XBearerTokenFile string        `name:"x-bearer-token-file" help:"File that holds the bearer token." placeholder:"FILE"`
	OwnAllRules      bool          `name:"own-all-rules" help:"Remove stream rules of the account that are not the contest's. Without it they are left and reported."`
	StallTimeout     time.Duration `name:"stall-timeout" help:"Reconnect when not a byte has come for this long (20s to 1m, plus a second's grace). Default ${default}." default:"20s" placeholder:"DURATION"`

	BufferBytes int64 `name:"buffer-bytes" help:"Bytes of lines held while the broker is slow or away. When they are full, reading waits. Default ${default}." default:"67108864" placeholder:"N"`
}

// ProbeAddr is where the process answers /readyz.
func (c Config) ProbeAddr() string { return c.Telemetry.ProbeAddr() }

// Validate returns every mistake, each with the flag and what to do.
func (c Config) Validate() error {
	errs := []error{c.Kafka.Check(), c.Telemetry.Check()}
	_, err := c.contest()
	errs = append(errs, err)
	_, err = c.apiURL()
	errs = append(errs, err)
	_, err = c.token()
	errs = append(errs, err)
	if c.StallTimeout < minStall || c.StallTimeout > maxStall {
		errs = append(errs, fmt.Errorf("--stall-timeout: %s is out of range; give %s to %s, X's keep-alives come every %s",
			c.StallTimeout, minStall, maxStall, minStall))
	}
	if c.BufferBytes < minBufferBytes || c.BufferBytes > maxBufferBytes {
		errs = append(errs, fmt.Errorf("--buffer-bytes: %d is out of range; give %d to %d", c.BufferBytes, minBufferBytes, maxBufferBytes))
	}
	return errors.Join(errs...)
}

// contest returns what the contest file holds.
func (c Config) contest() (*contest.Contest, error) {
	loaded, err := contest.Load(c.Contest)
	if err != nil {
		return nil, fmt.Errorf("--contest: %w", err)
	}
	return loaded, nil
}

// apiURL returns the address of the API. Over plain HTTP the token could be read on the way.
func (c Config) apiURL() (*url.URL, error) {
	const flag = "--x-api-url"
	u, err := url.Parse(c.XAPIURL)
	if err != nil {
		// The library's error quotes the whole address, which may hold a password.
		return nil, errors.New(flag + ": is no URL; give one like https://api.x.com")
	}
	switch {
	case u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New(flag + ": must have a scheme and a host; give one like https://api.x.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New(flag + ": must have no user, query or fragment; give one like https://api.x.com")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("%s: %s would get the bearer token over plain HTTP; use https, or a server on this machine", flag, u.Host)
	}
	return u, nil
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
