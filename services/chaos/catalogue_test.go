//go:build unix

package chaos

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/pipeline/crashpoint"
	"catsvdogs/services/simulator/faultplan"
)

var errUnseen = errors.New("nobody has seen it")

func TestEveryFaultHasANameOfItsOwnAndSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range catalogue() {
		if seen[k.Name] || k.Name == "" || k.Lane == "" || k.says == "" || k.make == nil || k.Takes < k.hold {
			t.Errorf("%+v", k.Kind)
		}
		seen[k.Name] = true
	}
	for _, point := range crashpoint.All() {
		if name := "crash-" + strings.ReplaceAll(string(point), ".", "-"); !seen[name] || crashAt[point].service == "" {
			t.Errorf("nothing crashes at %s", point)
		}
	}
	for _, f := range append(faultplan.Catalogue(), faultplan.OfLookups()...) {
		if name := "source-" + strings.ReplaceAll(string(f.Name), "_", "-"); !seen[name] && f.Name != faultplan.GzipTruncated {
			t.Errorf("the source's %s is left out", f.Name)
		}
	}
}

func TestTwoMinutesHaveEveryCrashPointAndALongRunHasEverything(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		steps, _ := planFor(Config{Seed: seed, Minutes: 2}, catalogue())
		crashes := map[string]bool{}
		for _, s := range steps {
			if strings.HasPrefix(s.Kind.Name, "crash-") {
				crashes[s.Kind.Name] = true
			}
		}
		if len(crashes) != len(crashpoint.All()) {
			t.Errorf("with seed %d two minutes have %d of %d crash points", seed, len(crashes), len(crashpoint.All()))
		}
		if _, left := planFor(Config{Seed: seed, Minutes: 60}, catalogue()); len(left) > 0 {
			t.Errorf("with seed %d an hour leaves out %v", seed, left)
		}
	}
}

func TestTheCommandThatReplaysARunNamesWhatThePlanFollowsFrom(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]Config{
		"make chaos SEED=7 MINUTES=2": {Seed: 7, Minutes: 2, Brokers: 3, Rate: UsualRate},
		`make chaos SEED=1 MINUTES=0.5 CHAOS_FLAGS="--only kill-sink,index-429 --brokers 1 --rate 100"`: {Seed: 1, Minutes: 0.5, Brokers: 1, Rate: 100, Only: []string{"kill-sink", "index-429"}},
	} {
		if got := c.replay(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestMistakesAreNamedAllAtOnce(t *testing.T) {
	t.Parallel()
	err := Config{Minutes: -1, Rate: 0, Brokers: 2, Only: []string{"kill-the-cat"}}.Validate()
	for _, want := range []string{"--minutes", "--rate", "--brokers", "kill-the-cat"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
	if err := (Config{Minutes: 2, Rate: 60, Brokers: 3, Only: []string{"index-429"}}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestAFaultThatDidNotHappenFailsARunThatBalances(t *testing.T) {
	t.Parallel()
	step, _ := planFor(Config{Seed: 1, Minutes: 1}, catalogue())
	good := outcome{step: step[0], evidence: "it was seen"}
	bad := outcome{step: step[0], failed: errUnseen}
	sick := outcome{step: step[0], stayed: errUnseen}
	for name, c := range map[string]struct {
		r    result
		want int
	}{
		"all well":             {result{outcomes: []outcome{good}, account: account{balanced: true}}, 0},
		"not seen":             {result{outcomes: []outcome{good, bad}, account: account{balanced: true}}, 1},
		"not healed":           {result{outcomes: []outcome{sick}, account: account{balanced: true}}, 1},
		"nothing happened":     {result{account: account{balanced: true}}, 1},
		"an account with gaps": {result{outcomes: []outcome{good}}, 1},
	} {
		c.r.look(&scene{})
		if len(c.r.wrong) != c.want {
			t.Errorf("%s: %v", name, c.r.wrong)
		}
		if report := c.r.markdown(Config{Seed: 1, Minutes: 1}); (c.want > 0) != strings.Contains(report, "WRONG") {
			t.Errorf("%s: the report says\n%s", name, report)
		}
	}
}

func TestTheTimelineTellsWhenWhatHappened(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := newTimeline(&out)
	l.say("kill-sink", "happened:\n%s", "signal: killed")
	if got := out.String(); !strings.HasSuffix(got, "kill-sink                    happened: signal: killed\n") || l.since() > time.Minute {
		t.Errorf("it says %q", got)
	}
}
