package rehearsal

import (
	"context"
	"net/http"
	"time"

	"catsvdogs/services/pipeline/faultproxy"
)

// How long a server misbehaves, and by how much it is slow.
const (
	serverFaultFor = 10 * time.Second
	slowBy         = 2 * time.Second
)

// What servers answer here says that it is a rehearsal.
var (
	// As Elasticsearch says that its queue is full; without the header a client takes it for another product.
	tooMany = faultproxy.Answer{
		Status: http.StatusTooManyRequests, Type: "application/json", Header: map[string]string{"X-Elastic-Product": "Elasticsearch"},
		Body: `{"error":{"type":"es_rejected_execution_exception","reason":"rejected execution (rehearsal)"},"status":429}`,
	}
	// As a store, or a proxy in front of it, says that nobody is there.
	unavailable = faultproxy.Answer{
		Status: http.StatusServiceUnavailable, Type: "text/plain; charset=utf-8", Header: map[string]string{"X-Content-Type-Options": "nosniff"},
		Body: "nobody is there (rehearsal)\n",
	}
)

// misbehaviour is something that a server can do wrong.
type misbehaviour struct {
	name, says string
	how        faultproxy.Fault
}

// Index are the faults of Elasticsearch, which the proxy in front of it makes; none without a proxy.
func Index(p *faultproxy.Proxy) []Fault {
	return misbehaving(p, []misbehaviour{
		{"index_down", "Elasticsearch is gone.", faultproxy.HangUp(faultproxy.Any)},
		{"index_429", "Elasticsearch says that it has too much to do.", faultproxy.Refuse(faultproxy.Any, tooMany)},
		{"index_503", "Elasticsearch answers that nobody is there.", faultproxy.Refuse(faultproxy.Any, unavailable)},
		{"index_slow", "Elasticsearch is slow.", faultproxy.Slow(faultproxy.Any, slowBy)},
		{"index_half_a_bulk", "Half of what is sent to Elasticsearch arrives, and no answer comes.", faultproxy.HalfBulk(faultproxy.Bulk)},
		{"index_answer_lost", "Elasticsearch does what it is told, and its answer is lost.", faultproxy.LoseAnswer(sent)},
	})
}

// Store are the faults of the archive's store, which the proxy in front of it makes; none without a proxy.
func Store(p *faultproxy.Proxy) []Fault {
	return misbehaving(p, []misbehaviour{
		{"store_down", "The archive's store is gone.", faultproxy.HangUp(faultproxy.Any)},
		{"store_503", "The archive's store answers that nobody is there.", faultproxy.Refuse(faultproxy.Any, unavailable)},
		{"store_slow", "The archive's store is slow.", faultproxy.Slow(faultproxy.Any, slowBy)},
		{"store_answer_lost", "The archive's store keeps what it is given, and its answer is lost.", faultproxy.LoseAnswer(sent)},
	})
}

// sent are requests that bring something.
func sent(r *http.Request) bool { return r.Method == http.MethodPut || r.Method == http.MethodPost }

func misbehaving(p *faultproxy.Proxy, ways []misbehaviour) []Fault {
	if p == nil {
		return nil
	}
	var all []Fault
	for _, way := range ways {
		mend := func() {}
		all = append(all, Fault{
			Name: way.name, Says: way.says, For: serverFaultFor,
			Begin: func(_ context.Context, hit func()) error {
				mend() // it may begin once more just when its time is over, before its end
				mend = p.Break(way.how, hit)
				return nil
			},
			End: func() { mend() },
		})
	}
	return all
}
