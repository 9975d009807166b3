package xapi

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"catsvdogs/services/pipeline/config"
)

// Config is where X's API is and who asks.
type Config struct {
	XAPIURL          string        `name:"x-api-url" help:"X API. Plain http only on this machine." default:"https://api.x.com" placeholder:"URL"`
	XBearerToken     config.Secret `name:"x-bearer-token" help:"Bearer token of the X app. Better given by the variable or a file: a flag shows in the list of processes." placeholder:"TOKEN"`
	XBearerTokenFile string        `name:"x-bearer-token-file" help:"File that holds the bearer token." placeholder:"FILE"`
	XAuthors         bool          `name:"x-authors" help:"Ask for the names of authors as well. Without them the live page only links to posts of X, whose rules want a text shown with its author's name. X does not say whether it bills for users that come with posts."`
}

// MadeUpToken is what a simulator gets in place of a token: it lets anybody in who has one.
const MadeUpToken config.Secret = "made-up"

// HasToken says whether a bearer token is given, right or wrong.
func (c Config) HasToken() bool { return c.XBearerToken != "" || c.XBearerTokenFile != "" }

// Check returns every mistake, each with the flag and what to do.
func (c Config) Check() error {
	_, err := c.URL()
	_, tokenErr := c.Token()
	return errors.Join(err, tokenErr)
}

// URL returns the address of X's API. Over plain HTTP the token could be read on the way.
func (c Config) URL() (*url.URL, error) {
	const flag, example = "--x-api-url", "https://api.x.com"
	u, err := httpURL(flag, c.XAPIURL, example)
	if err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("%s: %s would get the bearer token over plain HTTP; use https, or a server on this machine", flag, u.Host)
	}
	return u, err
}

// Token returns the bearer token.
func (c Config) Token() (config.Secret, error) {
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

// SimulatorURL reads the flag --simulator-url. There is no token to be read on the way.
func SimulatorURL(given string) (*url.URL, error) {
	return httpURL("--simulator-url", given, "http://127.0.0.1:8081")
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

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
