// Package elastic connects to Elasticsearch. It uses go-elasticsearch's esapi on its transport and leaves the typed
// client out, because that doubles the time of a cold build and nothing here needs it. Retrying is the callers' work:
// only they know which item of a request may be sent again.
package elastic

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/trust"
)

// Config is the part of a service's configuration that names the index server.
type Config struct {
	ElasticsearchURL          string        `help:"Elasticsearch." default:"${elasticsearch_url=http://127.0.0.1:9200}" placeholder:"URL"`
	ElasticsearchUsername     string        `help:"User, where Elasticsearch wants one." placeholder:"NAME"`
	ElasticsearchPassword     config.Secret `help:"The user's password." placeholder:"SECRET"`
	ElasticsearchPasswordFile string        `help:"File that holds the password." placeholder:"FILE"`
	ElasticsearchAPIKey       config.Secret `name:"elasticsearch-api-key" help:"API key, instead of a user." placeholder:"SECRET"`
	ElasticsearchAPIKeyFile   string        `name:"elasticsearch-api-key-file" help:"File that holds the API key." placeholder:"FILE"`
	ElasticsearchCAFile       string        `name:"elasticsearch-ca-file" help:"Certificates of authorities (PEM) that vouch for Elasticsearch, besides the system's." placeholder:"FILE"`
}

// Check lists everything that is wrong.
func (c *Config) Check() error {
	var errs []error
	if u, err := url.Parse(c.ElasticsearchURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		// Not quoted: it may hold a password.
		errs = append(errs, errors.New("--elasticsearch-url: give http(s)://HOST:PORT"))
	} else if u.User != nil {
		errs = append(errs, errors.New("--elasticsearch-url: a URL ends up in logs, so give user and password by their own flags"))
	} else if u.Scheme == "http" && c.ElasticsearchCAFile != "" {
		errs = append(errs, errors.New("--elasticsearch-ca-file: is for encrypted connections; give an --elasticsearch-url with https"))
	}
	if _, err := trust.TLS(c.ElasticsearchCAFile); err != nil {
		errs = append(errs, fmt.Errorf("--elasticsearch-ca-file: %w", err))
	}
	password, err := config.SecretFrom(c.ElasticsearchPassword, c.ElasticsearchPasswordFile)
	if err != nil {
		errs = append(errs, fmt.Errorf("--elasticsearch-password-file: %w", err))
	}
	if password != "" && c.ElasticsearchUsername == "" {
		errs = append(errs, errors.New("--elasticsearch-username: a password is given but no user"))
	}
	key, err := c.apiKey()
	if err != nil {
		errs = append(errs, err)
	}
	if c.ElasticsearchUsername != "" && key != "" {
		errs = append(errs, errors.New("--elasticsearch-api-key: give a user or an API key, not both"))
	}
	return errors.Join(errs...)
}

func (c *Config) apiKey() (config.Secret, error) {
	key, err := config.SecretFrom(c.ElasticsearchAPIKey, c.ElasticsearchAPIKeyFile)
	if err != nil {
		return "", fmt.Errorf("--elasticsearch-api-key-file: %w", err)
	}
	return key, nil
}

// requestTimeout bounds one request; a bulk of some megabytes takes seconds on a busy node.
const requestTimeout = 60 * time.Second

// Connect returns a transport for esapi's requests. It does not touch the network; Check does.
func Connect(c Config) (esapi.Transport, error) {
	u, err := url.Parse(c.ElasticsearchURL)
	if err != nil {
		return nil, fmt.Errorf("parse the address of Elasticsearch: %w", err)
	}
	password, err := config.SecretFrom(c.ElasticsearchPassword, c.ElasticsearchPasswordFile)
	if err != nil {
		return nil, err
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	if base.TLSClientConfig, err = trust.TLS(c.ElasticsearchCAFile); err != nil {
		return nil, err
	}
	base.MaxIdleConnsPerHost = 8
	base.ResponseHeaderTimeout = requestTimeout
	options := []elastictransport.Option{
		elastictransport.WithURLs(u),
		elastictransport.WithTransport(base),
		elastictransport.WithDisableRetry(),
		elastictransport.WithCompression(gzip.BestSpeed), // the network is not what is short
		elastictransport.WithUserAgent("catsvdogs"),
	}
	if c.ElasticsearchUsername != "" {
		options = append(options, elastictransport.WithBasicAuth(c.ElasticsearchUsername, password.Reveal()))
	}
	key, err := c.apiKey()
	if err != nil {
		return nil, err
	}
	if key != "" {
		options = append(options, elastictransport.WithAPIKey(key.Reveal()))
	}
	t, err := elastictransport.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("set up the client of Elasticsearch: %w", err)
	}
	return t, nil
}

// StatusError is an answer of Elasticsearch that is no success.
type StatusError struct {
	Status int    // HTTP status
	Body   string // its first 16 KiB, which hold an explanation with an id in it twice
}

// Error returns the status and the start of the body.
func (e *StatusError) Error() string {
	return fmt.Sprintf("Elasticsearch answered %d: %.2048s", e.Status, e.Body)
}

// isOfSecurity says that the answer is a refusal of Elasticsearch's own security, which stands before the part that
// adds the header (seen on 8.19.13).
func (e *StatusError) isOfSecurity() bool {
	return (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) && strings.Contains(e.Body, `"type":"security_exception"`)
}

// Do sends a request and returns the whole body of a successful answer, which must not be over maxBytes. Another answer
// is a *StatusError.
func Do(ctx context.Context, t esapi.Transport, r esapi.Request, maxBytes int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	resp, err := r.Do(ctx, t)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	failure := &StatusError{Status: resp.StatusCode}
	if resp.IsError() {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 16<<10))
		failure.Body = string(body)
	}
	// The check that the typed client makes: without this header something else answers, a proxy for instance. Its 200
	// must not count as stored, nor its 400 as a document's fault. A request that is too large for a proxy is too large.
	if resp.Header.Get("X-Elastic-Product") != "Elasticsearch" && resp.StatusCode != http.StatusRequestEntityTooLarge && !failure.isOfSecurity() {
		return nil, fmt.Errorf("not Elasticsearch but something before it answered %d (no header X-Elastic-Product): %.200s", resp.StatusCode, failure.Body)
	}
	if resp.IsError() {
		return nil, failure
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if int64(len(body)) > maxBytes {
		return nil, fmt.Errorf("the answer is over %d bytes", maxBytes)
	}
	return body, nil
}
