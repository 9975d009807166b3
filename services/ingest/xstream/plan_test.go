package xstream

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"catsvdogs/services/pipeline/xapi"
)

func TestWhatIsWrongWithRulesIsFoundBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	long := "#" + strings.Repeat("c", 1023)
	many := make([]Rule, 1001)
	for i := range many {
		many[i] = Rule{Value: "#cat" + strings.Repeat("t", i)}
	}
	for name, c := range map[string]struct {
		rules    []Rule
		length   int
		sampling bool
		says     []string // nothing for no mistake
	}{
		"the contest's":                        {[]Rule{catImages, dogImages}, 1024, true, nil},
		"an operator that only X knows":        {[]Rule{{Value: "#cat source:web"}}, 1024, true, nil},
		"a typo":                               {[]Rule{{Value: "#cat hass:images", Tag: "cats"}}, 1024, false, []string{`"cats"`, "hass:images", "(at position 6)"}},
		"one that X does not take alone":       {[]Rule{{Value: "has:images"}}, 1024, false, []string{"at position 1"}},
		"as long as can be":                    {[]Rule{{Value: long}}, 1024, false, nil},
		"too long":                             {[]Rule{{Value: long + "c"}}, 1024, false, []string{"1024", "1025"}},
		"too long but for the enterprise plan": {[]Rule{{Value: long + "c"}}, 2048, false, nil},
		"no room for the sample":               {[]Rule{{Value: long}}, 1024, true, []string{"--x-on-budget=sample", "1036"}},
		"a sample of its own":                  {[]Rule{{Value: "#cat sample:10"}}, 1024, true, []string{"--x-on-budget=sample"}},
		"too many":                             {many, 1024, false, []string{"1001 rules", "1000"}},
		"not too many but for pay-per-use":     {many, 2048, false, nil},
		"none":                                 {nil, 1024, false, []string{"no rule"}},
		"one value twice":                      {[]Rule{catImages, {Value: catImages.Value, Tag: "kittens"}}, 1024, false, []string{`"kittens"`, catImages.Tag}},
		"two mistakes":                         {[]Rule{{Value: "#cat (", Tag: "one"}, {Value: "-#dog", Tag: "two"}}, 1024, false, []string{`"one"`, `"two"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := CheckRules(c.rules, c.length, c.sampling)
			if len(c.says) == 0 && err != nil || len(c.says) > 0 && err == nil {
				t.Fatalf("found %v", err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%v does not say %s", err, s)
				}
			}
		})
	}
}

func TestRulesWithMistakesAreNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, hold)
		r := read(t, x, nil, func(o *Options) { o.Rules = []Rule{{Value: "#cat has:image", Tag: "cats"}} })
		<-r.done
		f := asFailure(r.stop())
		if f.Kind != RulesRefused || !isFinal(f) || len(x.bodies)+len(x.connects) > 0 {
			t.Errorf("ended with %v after %q", f, x.bodies)
		}
	})
}

func TestAPlanTellsWhatWouldChangeAndChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, hold)
		x.account = []Rule{
			{ID: "1", Value: catImages.Value, Tag: "an older name"}, {ID: "2", Value: "#dog has:images", Tag: dogImages.Tag},
			{ID: "3", Value: "#bird " + testToken, Tag: "birds"},
		}
		base, _ := url.Parse("http://127.0.0.1")
		o := Options{URL: base, Token: testToken, Rules: []Rule{catImages, dogImages}, Logger: slog.New(slog.DiscardHandler), Dial: x.dial}
		plan, err := Plan(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "plan.golden", plan.String())
		o.Rules = []Rule{{Value: "#bird", Tag: "birds"}}
		x.account = []Rule{{ID: "4", Value: "#bird", Tag: "birds"}}
		if plan, err = Plan(t.Context(), o); err != nil || plan.String() != "the rules are as they are wanted\n" {
			t.Errorf("%v, %v", plan, err)
		}
		if len(x.bodies)+len(x.connects) > 0 {
			t.Errorf("sent %q and connected %d times", x.bodies, len(x.connects))
		}
		x.rules = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }
		if _, err = Plan(t.Context(), o); asFailure(err).Kind != xapi.Unauthorized {
			t.Errorf("refused with %v", err)
		}
		o.Rules = nil
		if _, err = Plan(t.Context(), o); err == nil {
			t.Error("a contest without rules has a plan")
		}
	})
}

func TestARuleIsNeverMissingWhileItsTagChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		long, alike bool // too long for a stand-in; X sees through parentheses
		gap         bool
	}{
		"as a rule":           {false, false, false},
		"a rule of full size": {true, false, true},
		"X sees through it":   {false, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				value := catImages.Value
				if c.long {
					value = "#" + strings.Repeat("c", 1022)
				}
				x := newScriptedX(t, hold)
				x.account = []Rule{{ID: "1", Value: value, Tag: "an older name"}}
				missing := false
				x.rules = func(w http.ResponseWriter, r *http.Request) {
					x.sameInParentheses = c.alike
					x.serveRules(w, r)
					x.mu.Lock()
					missing = missing || len(x.account) == 0
					x.mu.Unlock()
				}
				read(t, x, nil, func(o *Options) { o.Rules = []Rule{{Value: value, Tag: catImages.Tag}} })
				after(t, time.Second)
				if len(x.account) != 1 || x.account[0].Value != value || x.account[0].Tag != catImages.Tag || missing != c.gap {
					t.Errorf("missing for a moment: %v; in the end %v", missing, x.account)
				}
			})
		})
	}
}
