package provision

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheSameReasonIsToldEveryTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgress(newReport(&out), "Kafka")
		for i := range 60 { // half a minute
			p.failed(fmt.Errorf("read tcp 127.0.0.1:%d->127.0.0.1:9092: connection reset", 40000+i), 0)
			time.Sleep(500 * time.Millisecond) // of the bubble's clock
		}
		p.failed(errors.New("topic has no leader"), 0)
		want := "waiting for Kafka, 0s so far: read tcp 127.0.0.1:9092: connection reset\n" +
			"waiting for Kafka, 10s so far: read tcp 127.0.0.1:9092: connection reset\n" +
			"waiting for Kafka, 20s so far: read tcp 127.0.0.1:9092: connection reset\n" +
			"waiting for Kafka, 30s so far: topic has no leader\n"
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", out.String(), want)
		}
	})
}

func TestWhatWasMadeInAnEarlierTryIsNotFoundAgain(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := newReport(&out)
	for _, outcome := range []string{"made", "found", "different", "different", "found"} {
		r.tell("topic a", "%s", outcome)
	}
	r.tell("topic b", "found")
	if got := strings.ReplaceAll(out.String(), "\n", ";"); got != "topic a: made;topic a: different;topic b: found;" {
		t.Errorf("got %s", got)
	}
}
