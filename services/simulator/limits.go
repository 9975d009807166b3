package simulator

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// window is the span in which X counts requests.
const window = 15 * time.Minute

// endpoint is one of X's, with its requests per window for an app.
// https://docs.x.com/x-api/fundamentals/rate-limits
type endpoint struct {
	name  string
	limit int
}

var (
	connectEndpoint     = endpoint{"stream", 50}
	readRulesEndpoint   = endpoint{"rules_read", 450}
	changeRulesEndpoint = endpoint{"rules_change", 100}
	countRulesEndpoint  = endpoint{"rules_counts", 450}
	lookupEndpoint      = endpoint{"lookup", 3500}
	lookupOneEndpoint   = endpoint{"lookup_one", 450}
	searchEndpoint      = endpoint{"search", 450}
	countPostsEndpoint  = endpoint{"counts", 300}
	usageEndpoint       = endpoint{"usage", 50}
	userEndpoint        = endpoint{"user", 300}
	userByNameEndpoint  = endpoint{"user_by_name", 300}
	createJobEndpoint   = endpoint{"compliance_create", 150}
	readJobsEndpoint    = endpoint{"compliance_jobs", 150}
	readJobEndpoint     = endpoint{"compliance_job", 150}
	// The limit of the connections is documented once for all of them; here
	// reading and deleting have it each.
	readConnectionsEndpoint = endpoint{"connections_read", 25}
	endConnectionsEndpoint  = endpoint{"connections_delete", 25}
)

// limits counts requests per endpoint. A window begins with its first request.
// Safe for concurrent use.
type limits struct {
	now      func() time.Time
	searches int // instead of X's number; 0 for that

	mu      sync.Mutex
	windows map[endpoint]*spent
}

type spent struct {
	until time.Time
	count int
}

// allowance is the state after one request.
type allowance struct {
	allowed          bool
	limit, remaining int
	reset            time.Time
}

func newLimits(now func() time.Time, searches int) *limits {
	return &limits{now: now, searches: searches, windows: map[endpoint]*spent{}}
}

// take counts one request. A refused one is not counted: it must not push the
// client's next window away.
func (l *limits) take(e endpoint) allowance {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	s := l.windows[e]
	if s == nil || !now.Before(s.until) {
		s = &spent{until: now.Add(window)}
		l.windows[e] = s
	}
	a := allowance{limit: e.limit, reset: s.until}
	if e == searchEndpoint && l.searches > 0 {
		a.limit = l.searches
	}
	if s.count < a.limit {
		s.count++
		a.allowed = true
	}
	a.remaining = a.limit - s.count
	return a
}

func (a allowance) setHeaders(h http.Header) {
	h.Set("x-rate-limit-limit", strconv.Itoa(a.limit))
	h.Set("x-rate-limit-remaining", strconv.Itoa(a.remaining))
	// Rounded up, or a client that waits until then would be a little early.
	h.Set("x-rate-limit-reset", strconv.FormatInt(a.reset.Add(time.Second-time.Nanosecond).Unix(), 10))
}
