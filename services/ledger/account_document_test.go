package ledger

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"catsvdogs/schemas"
	"catsvdogs/services/ledger/account"
)

// drawnAt is an account with something in each of its parts.
func drawnAt(at time.Time, counts map[account.Kind]int64) *account.Account {
	a := &account.Account{
		At: at, Round: 3, Took: 0.25, Pending: 2, Counts: counts, Handed: &account.HandedSum{Lines: 21},
		Raw: account.TopicSum{Records: 23, Archived: 20}, Enriched: account.TopicSum{Records: 22, Archived: 19}, DeadLetters: account.TopicSum{Records: 1},
		Posts: account.PostsSum{Looks: 22, Refused: 1, Pending: 2, Findings: 1},
	}
	for _, n := range counts {
		a.FindingsAll += n
	}
	a.Balanced = a.FindingsAll == 0
	a.Retell()
	return a
}

func TestAnAccountBecomesADocumentAndOneForEachKindOfFinding(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 30, 23, 59, 59, 999_999_999, time.FixedZone("", -3600))
	made, err := documentsOf(drawnAt(at, map[account.Kind]int64{account.Lost: 2, account.Gap: 3, account.Double: 0}))
	must(t, err)
	var got []string
	for _, d := range made {
		got = append(got, d.index+" "+d.id+" "+string(d.source))
	}
	want := `catsvdogs-ledger-2026.07 2026-07-01T00:59:59.999Z {"@timestamp":"2026-07-01T00:59:59.999Z","record":"account","round":3,"took_seconds":0.25,"balanced":false,"settled":false,` +
		`"summary":"handed over 21 · raw 23 · enriched 22 · dead letters 1 · posts 0 · archived 39 — 5 findings",` +
		`"findings":5,"pending":2,"handed":21,"raw":23,"enriched":22,"dead_letters":1,"indexed":18,"archived_raw":20,"archived_enriched":19}
catsvdogs-ledger-2026.07 2026-07-01T00:59:59.999Z-gap {"@timestamp":"2026-07-01T00:59:59.999Z","record":"finding","kind":"gap","findings":3}
catsvdogs-ledger-2026.07 2026-07-01T00:59:59.999Z-lost {"@timestamp":"2026-07-01T00:59:59.999Z","record":"finding","kind":"lost","findings":2}`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestWhatIsKeptFollowsItsSchemaAndTheIndexMapsEveryFieldOfIt(t *testing.T) {
	t.Parallel()
	schema, err := schemas.Compile(schemas.LedgerAccount)
	must(t, err)
	mapped, err := schemas.LedgerFields()
	must(t, err)
	untold := drawnAt(noon, nil)
	untold.Handed, untold.Summary = nil, strings.Repeat("long ", 300)
	seen := map[string]bool{}
	for _, a := range []*account.Account{drawnAt(noon, map[account.Kind]int64{account.IndexStale: 1}), untold} {
		made, err := documentsOf(a)
		must(t, err)
		for _, d := range made {
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(d.source))
			must(t, err)
			if err := schema.Validate(value); err != nil {
				t.Errorf("%s: %v", d.source, err)
			}
			var fields map[string]any
			must(t, json.Unmarshal(d.source, &fields))
			for name := range fields {
				seen[name] = true
				if mapped[name] == "" {
					t.Errorf("the strict mapping has no %s", name)
				}
			}
			if _, told := fields["handed"]; a == untold && told {
				t.Errorf("nobody told how many lines were handed over: %s", d.source)
			}
		}
	}
	for name := range mapped {
		if !seen[name] {
			t.Errorf("no document has %s", name)
		}
	}
}

func TestAccountsAreKeptWhenTheyTellSomethingElseAndEachMinute(t *testing.T) {
	t.Parallel()
	found := map[account.Kind]int64{account.Gap: 1}
	other := func(after time.Duration, counts map[account.Kind]int64) *account.Account {
		a := drawnAt(noon.Add(after), counts)
		a.Raw.Records++
		return a
	}
	for name, c := range map[string]struct {
		drawn, before *account.Account
		want          bool
	}{
		"the first":                   {drawnAt(noon, nil), nil, true},
		"the same":                    {drawnAt(noon.Add(54*time.Second), nil), drawnAt(noon, nil), false},
		"the same, a minute later":    {drawnAt(noon.Add(time.Minute), nil), drawnAt(noon, nil), true},
		"other numbers at once":       {other(2*time.Second, nil), drawnAt(noon, nil), false},
		"other numbers, 10 s later":   {other(10*time.Second, nil), drawnAt(noon, nil), true},
		"a finding":                   {drawnAt(noon.Add(time.Second), found), drawnAt(noon, nil), true},
		"another finding of the kind": {drawnAt(noon.Add(time.Second), map[account.Kind]int64{account.Gap: 2}), drawnAt(noon, found), true},
		"a finding that is healed":    {drawnAt(noon.Add(time.Second), nil), drawnAt(noon, found), true},
		"a finding that stays":        {drawnAt(noon.Add(time.Second), found), drawnAt(noon, found), false},
	} {
		if got := isDue(c.drawn, c.before); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
