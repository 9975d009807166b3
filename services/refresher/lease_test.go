package refresher

import (
	"context"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/simulator"
)

// heal lets the process reach everybody again.
func (k *killable) heal() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dead = false
}

func (r *running) standsBy(t *testing.T) bool {
	t.Helper()
	return r.sum(t, "standing_by", "") == 1 && r.process.Unready()["refresher"] == ""
}

func (r *running) lives(t *testing.T) {
	t.Helper()
	select {
	case err := <-r.done:
		r.done <- nil
		t.Fatalf("the refresher has ended with %v", err)
	default:
	}
}

func TestASecondRefresherStandsByAndTakesOver(t *testing.T) {
	t.Parallel()
	const count = 300
	w := startWorld(t, simulator.Config{Rate: 30, Posts: count, HalfLife: 3 * time.Second, Deleted: 0.1}, spend.Config{}, time.Second, 4*time.Second, 12*time.Second)
	first := w.refresher(w.cfg)
	eventually(t, 30*time.Second, "looks are made", func() bool { return first.sum(t, "looks_total", refreshed) > 20 })
	second := w.refresher(w.cfg)
	eventually(t, 20*time.Second, "the second one stands by", func() bool { return second.standsBy(t) })
	before := first.sum(t, "looks_total", refreshed)
	eventually(t, 30*time.Second, "the first one goes on", func() bool { return first.sum(t, "looks_total", refreshed) > before+50 })
	if n := second.sum(t, "looks_total", ""); n != 0 {
		t.Errorf("the one that stands by has made %g looks", n)
	}
	if strings.Contains(w.log.String(), errLeaseLost.Error()) || strings.Count(w.log.String(), "reading which posts there are") != 1 {
		t.Error("the first one was disturbed")
	}
	first.stop(t)
	eventually(t, 10*time.Second, "the second one looks", func() bool { return second.sum(t, "looks_total", refreshed) > 20 })
	w.settled(second, count)
	second.stop(t)
	looks, deletions := w.checkLate()
	t.Logf("%d looks, %d deletions", looks, deletions)
	if looks < 2*count {
		t.Errorf("%d looks", looks)
	}
	w.documents()
}

func TestALeaseThatIsLostDoublesNoLookAndEndsNoProcess(t *testing.T) {
	t.Parallel()
	const count = 500
	w := startWorld(t, simulator.Config{Rate: 25, Posts: count, HalfLife: 3 * time.Second, Deleted: 0.1}, spend.Config{}, time.Second, 4*time.Second, 14*time.Second)
	networks := []*killable{{}, {}}
	var both []*running
	for _, n := range networks {
		cfg := w.cfg
		cfg.Kafka.Network = n.dial // X still answers
		both = append(both, w.refresher(cfg))
		eventually(t, 20*time.Second, "there is one that looks", func() bool { return both[0].sum(t, "looks_total", refreshed) > 5 })
	}
	eventually(t, 20*time.Second, "the second one stands by", func() bool { return both[1].standsBy(t) })
	holder := 0
	for range 3 {
		other := 1 - holder
		before := both[other].sum(t, "looks_total", refreshed)
		networks[holder].kill()
		eventually(t, 30*time.Second, "the other one looks", func() bool { return both[other].sum(t, "looks_total", refreshed) > before+5 })
		both[holder].lives(t)
		networks[holder].heal()
		eventually(t, 30*time.Second, "the one that was cut off stands by", func() bool { return both[holder].standsBy(t) })
		holder = other
	}
	// Both at once: whoever comes back first goes on.
	for _, n := range networks {
		n.kill()
	}
	eventually(t, 30*time.Second, "both notice", func() bool {
		return both[holder].process.Unready()["refresher"] != "" || both[holder].standsBy(t)
	})
	before := both[0].sum(t, "looks_total", refreshed) + both[1].sum(t, "looks_total", refreshed)
	for i, n := range networks {
		both[i].lives(t)
		n.heal()
	}
	eventually(t, 30*time.Second, "there is one again that looks", func() bool {
		return both[0].sum(t, "looks_total", refreshed)+both[1].sum(t, "looks_total", refreshed) > before+5
	})
	w.settled(both[0], count)
	w.settled(both[1], count)
	for _, r := range both {
		r.stop(t)
	}
	looks, deletions := w.checkLate()
	t.Logf("%d looks, %d deletions, lost %d times", looks, deletions, strings.Count(w.log.String(), "the lease is lost"))
	if looks < count || strings.Count(w.log.String(), "the lease is lost") < 4 {
		t.Errorf("%d looks, lost %d times", looks, strings.Count(w.log.String(), "the lease is lost"))
	}
	w.documents()
}

func TestTheLeaseEndsForItsHolderBeforeItBeginsForAnother(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	shortSessions(t, kafka)
	ask := func(c broker.Config) *lease {
		tel, _, err := telemetry.Config{Process: (&world{log: &syncBuffer{}}).process()}.Join("refresher")
		if err != nil {
			t.Fatal(err)
		}
		l, err := openLease(t.Context(), c, tel, "simulator", session)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.close)
		return l
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	network := &killable{}
	cut := kafka
	cut.Network = network.dial
	held, release, err := ask(cut).await(ctx, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ended := make(chan time.Time, 1)
	context.AfterFunc(held, func() { ended <- time.Now() })

	other := ask(kafka)
	stood := make(chan struct{})
	got := make(chan time.Time, 1)
	go func() {
		if _, release, err := other.await(ctx, func() { close(stood) }); err == nil {
			got <- time.Now()
			release()
		}
	}()
	<-stood
	for range 5 { // joining is what may disturb
		if held.Err() != nil {
			t.Fatal("the first one was disturbed")
		}
		<-time.After(session / 3)
	}
	network.kill()
	select {
	case at := <-got:
		if end := <-ended; !end.Before(at) || context.Cause(held) != errLeaseLost { //nolint:errorlint // it is the cause itself
			t.Errorf("the lease ended at %s, for %v, and began for another at %s", end, context.Cause(held), at)
		}
	case <-ctx.Done():
		t.Fatal("nobody else has the lease")
	}
}
