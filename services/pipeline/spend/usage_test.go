package spend

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestUsageIsReadInEachFormThatIsSeen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want Usage
		fail bool
	}{
		"as documented":      {text: `{"data":{"cap_reset_day":5,"project_cap":"2000000","project_id":"1","project_usage":"300","daily_project_usage":{"project_id":"1","usage":[{"date":"2026-08-29T00:00:00.000Z","usage":"200"},{"date":"2026-08-30T00:00:00.000Z","usage":"100"}]}}}`, want: Usage{Days: map[string]int64{"2026-08-29": 200, "2026-08-30": 100}, Project: 300, Cap: 2_000_000, ResetDay: 5}},
		"numbers":            {text: `{"data":{"project_cap":100,"project_usage":5,"daily_project_usage":{"usage":[{"date":"2026-08-29","usage":3}]}}}`, want: Usage{Days: map[string]int64{"2026-08-29": 3}, Project: 5, Cap: 100}},
		"a list of days":     {text: `{"data":{"daily_project_usage":[{"date":"2026-08-29T00:00:00Z","usage":"3"}]}}`, want: Usage{Days: map[string]int64{"2026-08-29": 3}}},
		"without days":       {text: `{"data":{"cap_reset_day":30,"daily_project_usage":{"project_id":"1"},"project_cap":"3000000","project_usage":"0"}}`, want: Usage{Cap: 3_000_000, ResetDay: 30}},
		"days of later days": {text: `{"data":{"daily_project_usage":"soon","project_usage":"7"}}`, want: Usage{Project: 7}},
		"a day without date": {text: `{"data":{"daily_project_usage":{"usage":[{"usage":"3"},{"date":"today","usage":1}]}}}`, want: Usage{}},
		"a negative count":   {text: `{"data":{"project_usage":-1}}`, fail: true},
		"no count":           {text: `{"data":{"project_usage":"many"}}`, fail: true},
		"errors only":        {text: `{"errors":[{"title":"Forbidden"}]}`, fail: true},
		"no JSON":            {text: `<html>`, fail: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseUsage([]byte(c.text))
			if (err != nil) != c.fail {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); !c.fail && diff != "" {
				t.Errorf("usage (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzUsageNeverCountsDown(f *testing.F) {
	f.Add([]byte(`{"data":{"project_usage":"9223372036854775807","daily_project_usage":{"usage":[{"date":"2026-08-29","usage":3}]}}}`))
	f.Add([]byte(`{"data":{"daily_project_usage":[{"date":"2026-08-29","usage":9223372036854775807},{"date":"2026-08-29","usage":1}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		u, err := ParseUsage(text)
		if err != nil {
			return
		}
		if u.Project < 0 || u.Cap < 0 {
			t.Fatalf("usage %+v", u)
		}
		for day, n := range u.Days {
			if n < 0 || len(day) != len("2026-08-29") {
				t.Fatalf("%d posts on %q", n, day)
			}
		}
	})
}
