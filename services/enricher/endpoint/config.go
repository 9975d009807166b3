package endpoint

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/trust"
)

// Config is the part of a configuration that names a model's endpoint and bounds what is asked of it. Embed it with a
// prefix and two variables, say
//
//	Config `kong:"embed,prefix='sentiment-',set='asked=the sentiment of posts',set='timeout=1s'"`
//
// and the flags are --sentiment-url and so on.
type Config struct {
	URL            string        `help:"Address of a model that is asked about ${asked}. Not given: none is asked." placeholder:"URL"`
	Token          config.Secret `help:"Bearer token for that address." placeholder:"SECRET"`
	TokenFile      string        `help:"File that holds the token." placeholder:"FILE"`
	CAFile         string        `name:"ca-file" help:"Certificates of authorities (PEM) that vouch for that address, besides the system's." placeholder:"FILE"`
	AllowPlainHTTP bool          `name:"allow-plain-http" help:"Allow an address without TLS on another machine; posts, and the token, can then be read on the way."`

	Timeout time.Duration `help:"Longest wait for the model, for all posts of a batch together; what is not answered by then goes without." default:"${timeout}" placeholder:"DURATION"`

	BatchItems int `help:"Largest number of posts in one request." default:"64" placeholder:"N"`
	BatchBytes int `help:"Largest body of one request, in bytes." default:"262144" placeholder:"N"`
	InFlight   int `help:"Largest number of requests at a time." default:"4" placeholder:"N"`

	BreakerFailures int           `help:"After this many failures in a row the model is left alone for a while." default:"5" placeholder:"N"`
	BreakerPause    time.Duration `help:"How long it is left alone then, before one request tries again." default:"15s" placeholder:"DURATION"`
}

// The bounds of a configuration. The timeout is far below the minute after which a broker ends a transaction.
const (
	minTimeout, maxTimeout       = 10 * time.Millisecond, 10 * time.Second
	minBatchItems, maxBatchItems = 1, 1024
	minBatchBytes, maxBatchBytes = 4 << 10, 16 << 20
	minInFlight, maxInFlight     = 1, 64
	minFailures, maxFailures     = 1, 1000
	minPause, maxPause           = 100 * time.Millisecond, time.Hour
)

// Enabled reports whether an endpoint is named at all.
func (c Config) Enabled() bool { return c.URL != "" }

// Check lists everything that is wrong, files that cannot be read included; prefix is that of the flags, "sentiment-".
// Without an address the rest is not looked at but for a secret, which nobody gives for nothing. It is not called
// Validate, because kong would call that by itself, without the prefix.
func (c Config) Check(prefix string) error {
	flag := "--" + prefix
	if !c.Enabled() {
		if c.Token != "" || c.TokenFile != "" {
			return fmt.Errorf("%surl: a token is given, but no address that it is for", flag)
		}
		return nil
	}
	_, address := c.address()
	_, token := c.token()
	_, authorities := trust.TLS(c.CAFile)
	return errors.Join(
		named(flag+"url", address),
		named(flag+"token-file", token),
		named(flag+"ca-file", authorities),
		named(flag+"timeout", within(c.Timeout, minTimeout, maxTimeout)),
		named(flag+"batch-items", within(c.BatchItems, minBatchItems, maxBatchItems)),
		named(flag+"batch-bytes", within(c.BatchBytes, minBatchBytes, maxBatchBytes)),
		named(flag+"in-flight", within(c.InFlight, minInFlight, maxInFlight)),
		named(flag+"breaker-failures", within(c.BreakerFailures, minFailures, maxFailures)),
		named(flag+"breaker-pause", within(c.BreakerPause, minPause, maxPause)),
	)
}

func named(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", flag, err)
}

func within[T int | time.Duration](given, smallest, largest T) error {
	if given < smallest || given > largest {
		return fmt.Errorf("give %v to %v, not %v", smallest, largest, given)
	}
	return nil
}

// address returns the endpoint's URL. No error quotes it whole, because it may hold a password.
func (c Config) address() (*url.URL, error) {
	const example = "https://models.example/v1/sentiment"
	u, err := url.Parse(c.URL)
	switch {
	case err != nil:
		return nil, errors.New("is no URL; give one like " + example)
	case u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("must have a scheme and a host; give one like " + example)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("must have no user, query or fragment; give one like " + example)
	case u.Scheme == "http" && !c.AllowPlainHTTP && !loopback(u.Hostname()):
		return nil, fmt.Errorf("%s would be sent posts, and the token, over plain HTTP; use https, a server on this machine, or allow plain HTTP", u.Host)
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// token returns the bearer token, "" when there is none.
func (c Config) token() (config.Secret, error) {
	token, err := config.SecretFrom(c.Token, c.TokenFile)
	if err != nil {
		return "", err
	}
	if strings.ContainsFunc(token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("the token holds white space or characters that are no ASCII; give the token alone, without \"Bearer\"")
	}
	return token, nil
}
