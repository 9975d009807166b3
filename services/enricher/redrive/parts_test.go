package redrive

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

func TestNothingGoesBackByAccident(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want []string // flags with a mistake
	}{
		"no filter":                        {nil, []string{"--all"}},
		"only a dry run":                   {[]string{"--dry-run"}, []string{"--all"}},
		"both":                             {[]string{"--all", "--reason=internal"}, []string{"--all"}},
		"all":                              {[]string{"--all"}, nil},
		"a day":                            {[]string{"--from=2026-06-03", "--to=2026-06-04"}, nil},
		"reasons":                          {[]string{"--reason=internal,invalid_json", "--rate=0.5"}, nil},
		"a day that ends before it begins": {[]string{"--from=2026-06-04", "--to=2026-06-04"}, []string{"--to"}},
		"everything wrong": {
			[]string{"--reason=Broken!", "--stage=live", "--from=yesterday", "--to=now", "--max-attempts=0", "--rate=NaN", "--kafka-brokers=nowhere"},
			[]string{"--reason", "--stage", "--from", "--to", "--max-attempts", "--rate", "--kafka-brokers"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var cfg Config
			err := config.Load(config.Program{Name: "enricher redrive"}, &cfg, test.args, io.Discard, func(int) {})
			mistakes := 0
			if err != nil {
				mistakes = strings.Count(err.Error(), "\n  ")
			}
			if mistakes != len(test.want) {
				t.Fatalf("got %v, want mistakes about %q", err, test.want)
			}
			for _, flag := range test.want {
				if !strings.Contains(err.Error(), "\n  "+flag+": ") {
					t.Errorf("the message lacks %s:\n%v", flag, err)
				}
			}
		})
	}
}

func TestTheHelpNamesWhatNoFixHeals(t *testing.T) {
	t.Parallel()
	var help strings.Builder
	_ = config.Load(config.Program{Name: "enricher redrive"}, new(Config), []string{"--help"}, &help, func(int) {})
	for _, reason := range unhealable {
		if !strings.Contains(help.String(), reason) {
			t.Errorf("it lacks %s", reason)
		}
	}
}

func TestABrokerThatIsAwayIsAnErrorAndNoTable(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	cluster, kafka := kafkatest.Start(t, 1)
	cluster.Close()
	if _, err := redrive(ctx, t, kafka, nil); err == nil {
		t.Error("it is done")
	}
}

func TestAPaceWaitsForThoseBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := pace{rate: 10}
		began := time.Now()
		for i, want := range []time.Duration{0, time.Second, 1500 * time.Millisecond, 11500 * time.Millisecond} {
			if err := p.wait(t.Context(), []int{10, 5, 100, 1}[i]); err != nil || time.Since(began) != want {
				t.Errorf("turn %d comes after %s, want %s, %v", i, time.Since(began), want, err)
			}
		}
		time.Sleep(time.Hour) // what was not used in time is lost
		began = time.Now()
		for range 2 {
			if err := p.wait(t.Context(), 10); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("after a pause, twice a second's take %s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if p.wait(ctx, 1) == nil {
			t.Error("it waits for longer than it may")
		}
		for rate, want := range map[float64]int{0: 500, leastRate: 1, 1.9: 1, 20: 20, 1e9: 500} {
			if got := (&pace{rate: rate}).burst(500); got != want {
				t.Errorf("%v a second go in bursts of %d, want %d", rate, got, want)
			}
		}
	})
}

func TestALetterThatFillsARecordGoesBackAndALargerOneIsLeft(t *testing.T) {
	t.Parallel()
	r := run{cfg: Config{MaxAttempts: 1}, resolved: offsetSet{}}
	for bytes, want := range map[int]verdict{topic.MaxRecordBytes - 64<<10: goesBack, topic.MaxRecordBytes: unusable} {
		letter := delivery.DeadLetter(&kgo.Record{Topic: topic.Raw}, delivery.StageEnricher, &delivery.Refusal{Reason: "internal"})
		letter.Value = make([]byte, bytes) // of somebody else: ours are cut
		if v, _, why := r.judge(letter); v != want || (v == unusable) != (why == recordTooLarge) {
			t.Errorf("with %d bytes it is judged %d, %q", bytes, v, why)
		}
	}
}

func TestASetOfOffsetsHoldsWhatWasAdded(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	set, model := offsetSet{}, map[[2]int64]bool{}
	for range 20_000 {
		p, o := random.Int32N(3), random.Int64N(10_000)
		if random.IntN(10) == 0 {
			o = random.Int64()
		}
		if set.has(p, o) != model[[2]int64{int64(p), o}] {
			t.Fatalf("%d/%d", p, o)
		}
		if random.IntN(2) == 0 {
			set.add(p, o)
			model[[2]int64{int64(p), o}] = true
		}
	}
}

func TestInventedReasonsDoNotFillTheTable(t *testing.T) {
	t.Parallel()
	table := newTable(false)
	for i := range 3 * mostReasons {
		table.count(fmt.Sprint("r", i), notSelected, "")
	}
	table.count("", unusable, noDeadLetter)
	var out strings.Builder
	if err := table.fprint(&out, &Config{}, true); err != nil {
		t.Fatal(err)
	}
	if n := len(table.reasons); n > mostReasons+3 || table.total().letters != 3*mostReasons+1 || !strings.Contains(out.String(), otherReason) {
		t.Errorf("%d lines count %d", n, table.total().letters)
	}
}
