package ingest

import "sync"

// readiness joins what the two ends and the spool between them say of themselves: ingest is ready when all are. Safe for concurrent use.
type readiness struct {
	ready   func()
	unready func(reason string)

	mu                    sync.Mutex
	source, broker, spool string // why it is not ready; "" when it is
}

func newReadiness(ready func(), unready func(string)) *readiness {
	return &readiness{ready: ready, unready: unready, source: "not connected yet", broker: "not reached yet"}
}

func (r *readiness) setSource(reason string) { r.set(&r.source, reason) }
func (r *readiness) setBroker(reason string) { r.set(&r.broker, reason) }
func (r *readiness) setSpool(reason string)  { r.set(&r.spool, reason) }

func (r *readiness) set(end *string, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if *end == reason {
		return
	}
	*end = reason
	switch {
	case r.broker != "" && r.spool != "":
		r.unready("broker: " + r.broker + "; spool: " + r.spool)
	case r.spool != "":
		r.unready("spool: " + r.spool)
	case r.broker != "":
		r.unready("broker: " + r.broker)
	case r.source != "":
		r.unready("source: " + r.source)
	default:
		r.ready()
	}
}
