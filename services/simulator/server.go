package simulator

import (
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/faultplan"
	"catsvdogs/services/simulator/world"
)

// serverName marks every answer: clients tell by it that posts are simulated.
const serverName = "catsvdogs-simulator"

type server struct {
	cfg         Config
	log         *slog.Logger
	now         func() time.Time
	start       time.Time
	rules       *ruleSet
	limits      *limits
	feed        *feed
	chronicle   *chronicle.Chronicle
	authors     *world.World // asked for authors only
	connections *connections
	jobs        *jobs
	board       *faultplan.Board
	script      []faultplan.Step
	truth       *truth
	available   *available
	metrics     *metrics
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /2/tweets/search/stream", s.api(connectEndpoint, s.stream))
	mux.Handle("GET /2/tweets/search/stream/rules", s.api(readRulesEndpoint, s.late(s.readRules)))
	mux.Handle("POST /2/tweets/search/stream/rules", s.api(changeRulesEndpoint, s.late(s.changeRules)))
	mux.Handle("GET /2/tweets/search/stream/rules/counts", s.api(countRulesEndpoint, s.late(s.countRules)))
	mux.Handle("GET /2/tweets", s.api(lookupEndpoint, s.trouble(lookupEndpoint, s.lookup)))
	mux.Handle("GET /2/tweets/{id}", s.api(lookupOneEndpoint, s.trouble(lookupOneEndpoint, s.lookupOne)))
	mux.Handle("GET /2/tweets/search/recent", s.api(searchEndpoint, s.search))
	mux.Handle("GET /2/tweets/counts/recent", s.api(countPostsEndpoint, s.countPosts))
	mux.Handle("GET /2/connections", s.api(readConnectionsEndpoint, s.readConnections))
	mux.Handle("DELETE /2/connections", s.api(endConnectionsEndpoint, s.endConnectionsByID))
	mux.Handle("DELETE /2/connections/{endpoint}", s.api(endConnectionsEndpoint, s.endConnections))
	mux.Handle("GET /2/usage/tweets", s.api(usageEndpoint, s.usage))
	mux.Handle("GET /2/users/{id}", s.api(userEndpoint, s.userByID))
	mux.Handle("GET /2/users/by/username/{username}", s.api(userByNameEndpoint, s.userByName))
	mux.Handle("POST /2/compliance/jobs", s.api(createJobEndpoint, s.createJob))
	mux.Handle("GET /2/compliance/jobs", s.api(readJobsEndpoint, s.readJobs))
	mux.Handle("GET /2/compliance/jobs/{id}", s.api(readJobEndpoint, s.readJob))
	mux.Handle("PUT "+uploadPath+"{key}", s.local("compliance_upload", s.putIDs))
	mux.Handle("GET "+downloadPath+"{key}", s.local("compliance_download", s.getResults))
	mux.Handle(elsewhere, s.local("unknown", notServed(mux)))
	mux.Handle("GET /simulator/v1/status", s.local("status", s.status))
	mux.Handle("GET /simulator/v1/engagement", s.local("engagement", s.engagement))
	mux.Handle("GET /simulator/v1/truth", s.local("truth", s.readTruth))
	// A page in some browser must not be able to stop the stream.
	sameOrigin := http.NewCrossOriginProtection()
	mux.Handle("POST /simulator/v1/pause", sameOrigin.Handler(s.local("pause", s.pause)))
	mux.Handle("POST /simulator/v1/resume", sameOrigin.Handler(s.local("resume", s.resume)))
	mux.Handle("GET /simulator/v1/faults", s.local("faults", s.readFaults))
	mux.Handle("POST /simulator/v1/faults/{name}", sameOrigin.Handler(s.local("faults", s.orderFault)))
	mux.Handle("DELETE /simulator/v1/faults/{name}", sameOrigin.Handler(s.local("faults", s.clearFault)))
	mux.Handle("DELETE /simulator/v1/faults", sameOrigin.Handler(s.local("faults", s.clearFault)))
	mux.Handle("GET /healthz", s.local("healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", serverName)
		mux.ServeHTTP(w, r)
	})
}

// elsewhere is what of X's API is not served.
const elsewhere = "/2/"

// notServed answers as X does, in JSON: clients read it.
func notServed(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusNotFound
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			other := &http.Request{Method: method, URL: r.URL, Host: r.Host}
			if _, pattern := mux.Handler(other); pattern != elsewhere {
				w.Header().Add("Allow", method)
				status = http.StatusMethodNotAllowed
			}
		}
		writeProblem(w, unknownPath(status))
	}
}

// api guards an endpoint of X: first the token, then the rate limit, whose
// headers are on every answer but the 401.
func (s *server) api(e endpoint, handle http.HandlerFunc) http.Handler {
	return s.local(e.name, func(w http.ResponseWriter, r *http.Request) {
		if !s.authorized(r) {
			writeProblem(w, unauthorized())
			return
		}
		state := s.limits.take(e)
		state.setHeaders(w.Header())
		if !state.allowed {
			writeProblem(w, tooManyRequests())
			return
		}
		handle(w, r)
	})
}

// local counts the requests of one endpoint by status.
func (s *server) local(name string, handle http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		handle(counted, r)
		s.metrics.request(name, counted.status)
	})
}

// late holds an answer about rules back when the fault plan says so.
func (s *server) late(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.linger(r, faultplan.SlowAnswer) {
			handle(w, r)
		}
	}
}

// linger waits as long as a fault says and then says whether the client is
// still there.
func (s *server) linger(r *http.Request, name faultplan.Name) bool {
	act, ok := s.board.Take(name)
	if !ok {
		return true
	}
	wait := time.NewTimer(act.For)
	defer wait.Stop()
	select {
	case <-wait.C:
		s.board.Fired(name)
	case <-r.Context().Done():
		s.board.Fired(name) // it came too late for the client
		return false
	case <-s.connections.ctx.Done():
	}
	return true
}

// authorized takes any bearer token unless one is configured.
func (s *server) authorized(r *http.Request) bool {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return false
	}
	return s.cfg.BearerToken == "" || subtle.ConstantTimeCompare([]byte(token), []byte(s.cfg.BearerToken.Reveal())) == 1
}

// statusWriter remembers the status for the metrics.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
