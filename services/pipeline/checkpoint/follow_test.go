package checkpoint

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
)

// following starts to follow and returns where the values go, and what ends it.
func following(t *testing.T, kafka broker.Config, source string) (values <-chan string, stop func()) {
	t.Helper()
	out, done := make(chan string, 100), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	tel := stage(t)
	go func() {
		done <- Follow(ctx, kafka, tel, source, func(value []byte) { out <- string(value) })
	}()
	stopped := false
	stop = func() {
		if cancel(); !stopped {
			stopped = true
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return out, stop
}

// wait returns the next value.
func wait(t *testing.T, values <-chan string) string {
	t.Helper()
	timer := time.NewTimer(20 * time.Second)
	defer timer.Stop()
	select {
	case v := <-values:
		return v
	case <-timer.C:
		t.Fatal("nothing came within 20 s")
		return ""
	}
}

func TestWhoFollowsASourceHearsWhatWasSavedAndWhatIsSaved(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	one, other := open(t, kafka, "x/refresher"), open(t, kafka, "x")
	save := func(s *Store, value string) {
		t.Helper()
		if err := s.Save(t.Context(), []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	save(one, "before")
	save(other, "not mine")
	values, stop := following(t, kafka, "x/refresher")
	if got := wait(t, values); got != "before" {
		t.Errorf("what was saved before is %q", got)
	}
	save(one, strings.Repeat("x", MaxBytes+1))
	for n := range 3 {
		save(other, "not mine")
		save(one, fmt.Sprint(n))
		if got := wait(t, values); got != fmt.Sprint(n) {
			t.Errorf("%q came, want %d", got, n)
		}
	}
	stop()
	if len(values) != 0 {
		t.Errorf("%q came, too", <-values)
	}
}

func TestFollowingABrokerThatIsAwayEndsWithItsContext(t *testing.T) {
	t.Parallel()
	values, stop := following(t, broker.Config{KafkaBrokers: []string{"127.0.0.1:1"}}, "x")
	stop()
	if len(values) != 0 {
		t.Errorf("%q came from nowhere", <-values)
	}
}
