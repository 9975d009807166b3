package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/trust"
)

// userAgent is what the enricher calls itself.
const userAgent = "catsvdogs-enricher"

// ErrOff is returned by New when the configuration names no endpoint.
var ErrOff = errors.New("no model's address is given")

// Client asks one endpoint. Many goroutines may use it at once; together they have no more requests in flight than the
// configuration allows.
type Client struct {
	cfg     Config
	address *url.URL
	token   config.Secret
	http    http.Client
	slots   chan struct{} // one for each request in flight
	breaker *gobreaker.CircuitBreaker[struct{}]
	last    atomic.Value // string: the last reason for which a request failed
	rest    atomic.Int64 // Unix nanoseconds until which nothing is asked
	metrics metrics
	logger  *slog.Logger
}

// New returns a client of the endpoint that cfg names. name stands in metrics and logs: "sentiment_model". The error is
// ErrOff without an address; otherwise it is about cfg, which Check tells in the words of its flags, or about a metric
// that r already has.
func New(name string, cfg Config, r prometheus.Registerer, logger *slog.Logger) (*Client, error) {
	if !cfg.Enabled() {
		return nil, ErrOff
	}
	if err := cfg.Check(""); err != nil {
		return nil, fmt.Errorf("set up the %s: %w", name, err)
	}
	authorities, err := trust.TLS(cfg.CAFile)
	if err != nil {
		return nil, fmt.Errorf("set up the %s: %w", name, err)
	}
	return newClient(name, cfg, &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     authorities,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: cfg.InFlight,
		IdleConnTimeout:     30 * time.Second,
		// An answer that unpacks to a thousand times its size is of no use to an honest model.
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}, r, logger)
}

// newClient is New with a transport, for a test that has the clock in its hand.
func newClient(name string, cfg Config, transport http.RoundTripper, r prometheus.Registerer, logger *slog.Logger) (*Client, error) {
	address, err := cfg.address()
	if err != nil {
		return nil, fmt.Errorf("set up the %s: %w", name, err)
	}
	token, err := cfg.token()
	if err != nil {
		return nil, fmt.Errorf("set up the %s: %w", name, err)
	}
	c := &Client{
		cfg: cfg, address: address, token: token,
		http: http.Client{
			Transport: transport,
			// The token goes to the host that it was given for and to no other.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		slots:   make(chan struct{}, cfg.InFlight),
		metrics: newMetrics(name),
		logger:  logger.With("endpoint", name, "host", address.Host),
	}
	if err := c.metrics.register(r); err != nil {
		return nil, fmt.Errorf("set up the %s: %w", name, err)
	}
	c.breaker = c.newBreaker()
	return c, nil
}

// post sends one body and returns what came back with status 200, at most limit bytes of it.
func (c *Client) post(ctx context.Context, body []byte, limit int) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", userAgent)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	start := time.Now()
	defer func() { c.metrics.seconds.Observe(time.Since(start).Seconds()) }()
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("send a request: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, &failure{reason: statusReason(response.StatusCode)}
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	if len(answer) > limit {
		return nil, &failure{reason: ReasonAnswerTooLarge}
	}
	return answer, nil
}
