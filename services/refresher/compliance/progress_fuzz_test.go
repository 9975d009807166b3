package compliance

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzAProgressIsReadOrRefused: what is read is written the same, and names its job within X's bounds.
func FuzzAProgressIsReadOrRefused(f *testing.F) {
	f.Add([]byte(`{"version":1,"finished":"2026-11-23T12:00:00Z","after":"a","through":"b","job":"7","uploaded":true,"since":"2026-11-23T12:00:00Z"}`))
	f.Add([]byte(`{"version":1,"since":"9999-12-31T23:59:59-23:59"}`))
	f.Add([]byte(`{"version":2}`))
	f.Fuzz(func(t *testing.T, saved []byte) {
		p, err := Parse(saved)
		if err != nil {
			return
		}
		if n := len([]rune(p.name())); n > 64 {
			t.Errorf("the job's name has %d characters", n)
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(text); err != nil || !cmp.Equal(again, p) {
			t.Errorf("%+v is written as %s, and read as %+v, %v", p, text, again, err)
		}
	})
}
