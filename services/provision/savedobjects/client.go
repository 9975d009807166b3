// Package savedobjects is a client of Kibana's API of saved objects: whether Kibana is up, what an object holds, and
// the import of objects. It imports and exports rather than creates and gets, because those two are the operations
// that Kibana keeps for other programs; the rest of the API is deprecated since 8.7.
// https://www.elastic.co/guide/en/kibana/8.19/saved-objects-api.html
//
// It owns no decision: what is imported, and whether over what is there, is the caller's.
package savedobjects

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/trust"
)

const (
	requestTimeout = 60 * time.Second // an import waits until what it wrote can be searched
	maxAnswerBytes = 64 << 20
)

// Config is the part of provision's configuration that names Kibana.
type Config struct {
	KibanaURL          string        `help:"Kibana, with the path of a proxy if there is one; the dashboards go into the default space. None: no dashboards." placeholder:"URL"`
	KibanaUsername     string        `help:"User, where Kibana wants one." placeholder:"NAME"`
	KibanaPassword     config.Secret `help:"The user's password." placeholder:"SECRET"`
	KibanaPasswordFile string        `help:"File that holds the password." placeholder:"FILE"`
	KibanaAPIKey       config.Secret `name:"kibana-api-key" help:"API key, instead of a user." placeholder:"SECRET"`
	KibanaAPIKeyFile   string        `name:"kibana-api-key-file" help:"File that holds the API key." placeholder:"FILE"`
	KibanaCAFile       string        `name:"kibana-ca-file" help:"Certificates of authorities (PEM) that vouch for Kibana, besides the system's." placeholder:"FILE"`
}

// namesSpace matches the path of a Kibana space. An object of most types is in one space, and its id taken in all of
// them: imported into another it gets an id of Kibana's choice (destinationId), and what was provisioned twice would
// not be found the second time.
// https://www.elastic.co/guide/en/kibana/8.19/saved-objects-api-import.html
var namesSpace = regexp.MustCompile(`(^|/)s/[^/]`)

// Check lists everything that is wrong. No URL is no mistake.
func (c *Config) Check() error {
	var errs []error
	if u, err := url.Parse(c.KibanaURL); c.KibanaURL != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "") {
		// Not quoted: it may hold a password.
		errs = append(errs, errors.New("--kibana-url: give http(s)://HOST:PORT, and no page of it"))
	} else if err == nil && u.User != nil {
		errs = append(errs, errors.New("--kibana-url: a URL ends up in logs, so give user and password by their own flags"))
	} else if err == nil && u.Scheme != "https" && c.KibanaCAFile != "" {
		errs = append(errs, errors.New("--kibana-ca-file: is for encrypted connections; give a --kibana-url with https"))
	}
	if _, err := trust.TLS(c.KibanaCAFile); err != nil {
		errs = append(errs, fmt.Errorf("--kibana-ca-file: %w", err))
	}
	if u, err := url.Parse(c.KibanaURL); err == nil && namesSpace.MatchString(u.Path) {
		errs = append(errs, errors.New("--kibana-url: give it without the space (/s/NAME): an id is taken in all spaces at once, so the dashboards go into the default space, from where Kibana copies them (Stack Management, Saved Objects, Copy to spaces)"))
	}
	password, err := config.SecretFrom(c.KibanaPassword, c.KibanaPasswordFile)
	if err != nil {
		errs = append(errs, fmt.Errorf("--kibana-password-file: %w", err))
	}
	if password != "" && c.KibanaUsername == "" {
		errs = append(errs, errors.New("--kibana-username: a password is given but no user"))
	}
	key, err := config.SecretFrom(c.KibanaAPIKey, c.KibanaAPIKeyFile)
	if err != nil {
		errs = append(errs, fmt.Errorf("--kibana-api-key-file: %w", err))
	}
	if c.KibanaUsername != "" && key != "" {
		errs = append(errs, errors.New("--kibana-api-key: give a user or an API key, not both"))
	}
	return errors.Join(errs...)
}

// Client talks to one Kibana. Its methods may be called from several goroutines.
type Client struct {
	base          string
	authorization func(*http.Request)
	http          *http.Client
}

// Connect returns a client. It does not touch the network.
func Connect(c Config) (*Client, error) {
	password, err := config.SecretFrom(c.KibanaPassword, c.KibanaPasswordFile)
	if err != nil {
		return nil, err
	}
	key, err := config.SecretFrom(c.KibanaAPIKey, c.KibanaAPIKeyFile)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if transport.TLSClientConfig, err = trust.TLS(c.KibanaCAFile); err != nil {
		return nil, err
	}
	client := &Client{
		base:          strings.TrimRight(c.KibanaURL, "/"),
		authorization: func(*http.Request) {},
		http: &http.Client{
			Timeout:   requestTimeout,
			Transport: transport,
			// A redirect leads to a page for people, a login for instance, which would answer 200.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	switch {
	case key != "":
		client.authorization = func(r *http.Request) { r.Header.Set("Authorization", "ApiKey "+key.Reveal()) }
	case c.KibanaUsername != "":
		client.authorization = func(r *http.Request) { r.SetBasicAuth(c.KibanaUsername, password.Reveal()) }
	}
	return client, nil
}

// StatusError is an answer of Kibana that is no success.
type StatusError struct {
	Status  int    // HTTP status
	Message string // what Kibana says, at most some hundred bytes

	attributes json.RawMessage
}

// Error returns status and message.
func (e *StatusError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("Kibana answered %d", e.Status)
	}
	return fmt.Sprintf("Kibana answered %d: %s", e.Status, e.Message)
}

// do sends a request and returns the whole body of a successful answer. Another answer is a *StatusError, and its body
// comes with it.
func (c *Client) do(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request to Kibana: %w", err)
	}
	r.Header.Set("Kbn-Xsrf", "catsvdogs") // Kibana refuses what a browser could be tricked into sending
	r.Header.Set("User-Agent", "catsvdogs")
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	c.authorization(r)
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read Kibana's answer: %w", err)
	}
	if len(answer) > maxAnswerBytes {
		return nil, fmt.Errorf("an answer of Kibana is over %d bytes", maxAnswerBytes)
	}
	if resp.StatusCode != http.StatusOK {
		return answer, statusError(resp, answer)
	}
	return answer, nil
}

func statusError(resp *http.Response, answer []byte) *StatusError {
	e := &StatusError{Status: resp.StatusCode}
	var detail struct {
		Message    string          `json:"message"`
		Attributes json.RawMessage `json:"attributes"`
	}
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		e.Message = "it leads to " + resp.Header.Get("Location")
	case json.Unmarshal(answer, &detail) == nil:
		e.Message, e.attributes = detail.Message, detail.Attributes
	default:
		e.Message = strings.TrimSpace(string(answer))
	}
	if len(e.Message) > 500 {
		e.Message = strings.ToValidUTF8(e.Message[:500], "") + "…"
	}
	return e
}
