package xstream

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"catsvdogs/services/pipeline/xapi"
)

var (
	catImages = Rule{Value: "(#cat OR #kitty) has:images", Tag: "cats with images"}
	dogImages = Rule{Value: "(#dog OR #doggo) has:images", Tag: "dogs with images"}
)

func with(r Rule, change func(*Rule)) Rule { change(&r); return r }

func TestRulesAreComparedByValueAndTag(t *testing.T) {
	t.Parallel()
	there := func(r Rule, id string) Rule { return with(r, func(r *Rule) { r.ID = id }) }
	oldCats := Rule{ID: "3", Value: "#cat has:images", Tag: catImages.Tag}
	birds := Rule{ID: "4", Value: "#bird", Tag: "birds"}
	otherTag := with(there(catImages, "1"), func(r *Rule) { r.Tag = "cats" })
	for name, c := range map[string]struct {
		have   []Rule
		ownAll bool
		want   Changes
	}{
		"an empty account":                {nil, false, Changes{Add: []Rule{catImages, dogImages}}},
		"all there":                       {[]Rule{there(dogImages, "2"), there(catImages, "1")}, false, Changes{}},
		"one missing":                     {[]Rule{there(dogImages, "2")}, false, Changes{Add: []Rule{catImages}}},
		"another tag":                     {[]Rule{otherTag, there(dogImages, "2")}, false, Changes{Retag: []Rule{there(catImages, "1")}}},
		"an earlier value under our tag":  {[]Rule{oldCats, there(dogImages, "2")}, false, Changes{Add: []Rule{catImages}, Remove: []Rule{oldCats}}},
		"a foreign rule":                  {[]Rule{birds, there(catImages, "1"), there(dogImages, "2")}, false, Changes{Foreign: []Rule{birds}}},
		"a foreign rule, all are ours":    {[]Rule{birds, there(catImages, "1"), there(dogImages, "2")}, true, Changes{Remove: []Rule{birds}}},
		"values differ in case and space": {[]Rule{{ID: "9", Value: "(#CAT OR #kitty)  has:images", Tag: "x"}, there(dogImages, "2")}, true, Changes{Add: []Rule{catImages}, Remove: []Rule{{ID: "9", Value: "(#CAT OR #kitty)  has:images", Tag: "x"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := compare([]Rule{catImages, dogImages}, c.have, c.ownAll)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAValueUnderTwoTagsIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	_, err := compare([]Rule{catImages, with(catImages, func(r *Rule) { r.Tag = "kittens" })}, nil, false)
	if err == nil || !strings.Contains(err.Error(), `"kittens"`) || !strings.Contains(err.Error(), catImages.Tag) {
		t.Errorf("error %v does not name both tags", err)
	}
}

// inSync runs a stream until the account's rules have been synced and returns the bodies that changed them.
func inSync(t *testing.T, have []Rule, ownAll bool) (*scriptedX, *reading) {
	t.Helper()
	x := newScriptedX(t, hold)
	x.account = have
	r := read(t, x, nil, func(o *Options) { o.Rules, o.OwnAllRules = []Rule{catImages, dogImages}, ownAll })
	after(t, time.Second)
	if len(x.connects) != 1 {
		t.Errorf("connected %d times", len(x.connects))
	}
	return x, r
}

func TestRuleRequestsAreTheGoldenOnesAndLeaveNoGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x, _ := inSync(t, []Rule{
			{ID: "1", Value: catImages.Value, Tag: "an older name"},
			{ID: "2", Value: "#dog has:images", Tag: dogImages.Tag},
			{ID: "3", Value: "#bird", Tag: "birds"},
		}, false)
		golden(t, "rules.golden", strings.Join(x.bodies, "\n")+"\n")
		var tags []string
		for _, r := range x.account {
			tags = append(tags, r.Tag)
		}
		if diff := cmp.Diff([]string{"birds", dogImages.Tag, catImages.Tag}, tags); diff != "" {
			t.Errorf("tags on the account (-want +got):\n%s", diff)
		}
	})
}

func TestRulesInPlaceAreNotTouched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x, r := inSync(t, []Rule{{ID: "1", Value: catImages.Value, Tag: catImages.Tag}, {ID: "2", Value: dogImages.Value, Tag: dogImages.Tag}, {ID: "3", Value: "#bird"}}, false)
		if len(x.bodies) != 0 {
			t.Errorf("sent %q", x.bodies)
		}
		if log := r.log.String(); !strings.Contains(log, "#bird") || !strings.Contains(log, "--own-all-rules") {
			t.Errorf("the foreign rule is not reported: %s", log)
		}
	})
}

func TestARuleThatXKnowsInAnotherSpellingIsNotRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, hold)
		var bodies []string
		x.rules = func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				_, _ = io.WriteString(w, `{"data":[{"id":"7","value":"( #cat OR #kitty ) has:images","tag":"cats with images"}],"meta":{}}`)
				return
			}
			b, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(b))
			w.WriteHeader(201)
			_, _ = io.WriteString(w, `{"meta":{"summary":{"created":0,"not_created":1}},"errors":[{"id":"7","value":"(#cat OR #kitty) has:images","title":"DuplicateRule","type":"https://api.x.com/2/problems/duplicate-rules"}]}`)
		}
		read(t, x, nil, func(o *Options) { o.Rules = []Rule{catImages} })
		after(t, time.Second)
		if len(bodies) != 1 || strings.Contains(bodies[0], "delete") {
			t.Errorf("sent %q", bodies)
		}
		if len(x.connects) != 1 {
			t.Errorf("connected %d times", len(x.connects))
		}
	})
}

func TestAListingIsReadPageByPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, hold)
		x.rules = func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Query().Get("pagination_token") {
			case "":
				_, _ = io.WriteString(w, `{"data":[{"id":"1","value":"(#cat OR #kitty) has:images","tag":"cats with images"}],"meta":{"next_token":"page2"}}`)
			case "page2":
				_, _ = io.WriteString(w, `{"data":[{"id":"2","value":"(#dog OR #doggo) has:images","tag":"dogs with images"}],"meta":{"result_count":1}}`)
			}
			if r.Method != http.MethodGet {
				t.Error("rules that are on another page were changed")
			}
		}
		read(t, x, nil, func(o *Options) { o.Rules = []Rule{catImages, dogImages} })
		after(t, time.Second)
		if len(x.connects) != 1 {
			t.Errorf("connected %d times", len(x.connects))
		}
	})
}

func TestAnswersAboutRulesThatStopTheStart(t *testing.T) {
	t.Parallel()
	const invalid = `{"meta":{"summary":{"created":0,"not_created":1,"valid":0,"invalid":1}},"errors":[{"value":"--b","details":["Rules must contain a non-negation term (at position 1)"],"title":"UnprocessableEntity","type":"https://api.twitter.com/2/problems/invalid-rules"}]}`
	for name, c := range map[string]struct {
		status int
		body   string
		says   string // "" when it is to be tried again
	}{
		"an invalid rule, 200":             {200, invalid, "non-negation term"},
		"an invalid rule, 201":             {201, invalid, "non-negation term"},
		"an invalid rule, 400":             {400, invalid, "non-negation term"},
		"too many rules":                   {403, `{"title":"RuleCap","type":"https://api.x.com/2/problems/rule-cap"}`, "RuleCap"},
		"an answer without a reason":       {200, `{"meta":{"summary":{"created":0}}}`, ""},
		"an answer that is no JSON":        {200, `<html>`, ""},
		"an answer that is half an answer": {200, `{"data":`, ""},
		"busy":                             {503, invalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newScriptedX(t, hold)
				asked := 0
				x.rules = func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodGet {
						_, _ = io.WriteString(w, `{"meta":{"result_count":0}}`)
						return
					}
					asked++
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.body)
				}
				r := read(t, x, nil)
				if c.says == "" {
					after(t, 16*time.Second) // 0, 5 s, 15 s
					if asked != 3 {
						t.Errorf("asked %d times in 16 s", asked)
					}
					return
				}
				<-r.done
				var f *Failure
				if err := r.stop(); !errors.As(err, &f) || !isFinal(f) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("ended with %v", err)
				}
				if len(x.connects) != 0 {
					t.Error("connected with rules that X refused")
				}
			})
		})
	}
}

func TestAListingWithoutMetaDoesNotPassForAnEmptyAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, hold)
		x.rules = func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				t.Error("rules were changed")
			}
			_, _ = io.WriteString(w, `{"errors":[{"title":"Internal"}]}`)
		}
		r := read(t, x, nil)
		after(t, time.Second)
		if err := r.stop(); err != nil || len(x.connects) != 0 {
			t.Errorf("ended with %v after %d connects", err, len(x.connects))
		}
	})
}

func TestTheRulesAreLookedAtBesideEachReconnectAndDoNotHoldItUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 0 {
				w.WriteHeader(200)
				return
			}
			hold(n, w, r)
		})
		looks := 0
		x.rules = func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				if looks++; looks > 1 {
					<-r.Context().Done() // it hangs
					return
				}
			}
			x.serveRules(w, r)
		}
		r := read(t, x, nil)
		after(t, xapi.CallTimeout+time.Second)
		if looks != 2 || len(x.connects) != 2 || !x.connects[0].Equal(x.connects[1]) {
			t.Errorf("%d looks, connects at %v", looks, x.connects)
		}
		if !strings.Contains(r.log.String(), "without a look at the rules") {
			t.Error("that the rules were not looked at is not logged")
		}
	})
}

func TestAConnectRefusedForItsRulesSyncsThemAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var x *scriptedX
		x = newScriptedX(t, func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 0 {
				x.mu.Lock()
				x.account = nil // someone has deleted them between the sync and the connect
				x.mu.Unlock()
				refuse(409, `{"title":"ConnectionException","connection_issue":"RuleConfigurationIssue"}`)(n, w, r)
				return
			}
			hold(n, w, r)
		})
		read(t, x, nil)
		after(t, 6*time.Second)
		if len(x.connects) != 2 || len(x.bodies) != 2 {
			t.Errorf("%d connects, rules changed %d times", len(x.connects), len(x.bodies))
		}
	})
}

func TestAListingOfRulesIsBounded(t *testing.T) {
	t.Parallel()
	many := make([]Rule, rulePage)
	for i := range many {
		many[i] = Rule{ID: strconv.Itoa(i), Value: "#cat" + strconv.Itoa(i), Tag: "t"}
	}
	for name, c := range map[string]struct {
		page  func(n int) map[string]any
		pages int
		says  string
	}{
		"pages that go on": {func(n int) map[string]any {
			return map[string]any{"data": many, "meta": map[string]any{"next_token": strconv.Itoa(n)}}
		}, 4, "there are more than 3000"},
		"empty pages that go on": {func(n int) map[string]any {
			return map[string]any{"meta": map[string]any{"next_token": strconv.Itoa(n)}}
		}, 4, "there are more than 3000"},
		"a page that names itself": {func(int) map[string]any { return map[string]any{"meta": map[string]any{"next_token": "x"}} }, 2, "names itself"},
		"a page without end": {func(int) map[string]any {
			return map[string]any{"data": []Rule{{Value: strings.Repeat("m", 6<<20)}}, "meta": map[string]any{}}
		}, 1, "is over"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newScriptedX(t, hold)
				pages := 0
				x.rules = func(w http.ResponseWriter, _ *http.Request) {
					pages++
					answer(w, 200, c.page(pages))
				}
				r := read(t, x, nil)
				after(t, time.Second)
				if pages != c.pages || !strings.Contains(r.log.String(), c.says) || len(x.connects) != 0 {
					t.Errorf("%d pages; log:\n%s", pages, r.log)
				}
			})
		})
	}
}

func TestRulesAreExchangedInPartsWhereTheAccountHasNoRoomForAllOfThem(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]int{"a full account": maxRules, "room for some": maxRules - 30, "more than the plan has": maxRules + 50} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newScriptedX(t, hold)
				for i := range old {
					x.account = append(x.account, Rule{ID: "old" + strconv.Itoa(i), Value: "#old" + strconv.Itoa(i), Tag: "t"})
				}
				var want []Rule
				for i := range 250 {
					want = append(want, Rule{Value: "#new" + strconv.Itoa(i), Tag: "t"})
				}
				most := old
				x.rules = func(w http.ResponseWriter, r *http.Request) {
					x.serveRules(w, r)
					x.mu.Lock()
					defer x.mu.Unlock()
					if r.Method == http.MethodPost {
						most = max(most, len(x.account))
					}
				}
				r := read(t, x, nil, func(o *Options) { o.Rules = want })
				after(t, time.Second)
				if len(x.account) != len(want) || !strings.HasPrefix(x.account[0].Value, "#new") || len(x.connects) != 1 {
					t.Errorf("%d rules are left, %d connects; log:\n%s", len(x.account), len(x.connects), r.log)
				}
				if most > max(maxRules, old) {
					t.Errorf("there were %d rules at once", most)
				}
			})
		})
	}
}
