package simulator_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/simulator"
)

type truthLine struct {
	At         time.Time
	ID         string
	FirstID    string `json:"first_id"`
	Kind       string
	N          int64
	HandedAt   time.Time `json:"handed_at"`
	By         string
	Connection string
	SHA256     string
	Cut        string
	After      int64
}

// emitted leaves out what is no whole line of the stream.
func emitted(lines []truthLine) []truthLine {
	return slices.DeleteFunc(slices.Clone(lines), func(l truthLine) bool {
		return !slices.Contains([]string{"post", "edit", "malformed", "duplicate"}, l.Kind)
	})
}

func readTruth(t *testing.T, path string) (lines []truthLine) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return parseTruth(t, data)
}

func parseTruth(t *testing.T, data []byte) (lines []truthLine) {
	t.Helper()
	for text := range bytes.Lines(data) {
		var l truthLine
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines
}

func TestTheCountsAreExactWhenTheClientCutsTheConnection(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Rate, cfg.Malformed = 50_000, 0.1
	cfg.Truth = filepath.Join(t.TempDir(), "truth.ndjson")
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	var read int64
	var ids []string
	for range 5 {
		r := s.connect("")
		for range 700 {
			text := r.next()
			read++
			var d delivered
			if json.Unmarshal([]byte(text), &d) == nil && len(d.Data.History) > 0 && len(d.Rules) > 0 && len(d.Rules[0].ID) > 1 {
				ids = append(ids, d.Data.ID)
			}
		}
		r.close()
	}
	st := s.until("disconnected", func(st status) bool { return !st.Connected })
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	lines := emitted(readTruth(t, cfg.Truth))
	count := map[string]int64{}
	written := map[string]bool{}
	firsts := map[string]bool{}
	for i, l := range lines {
		count[l.Kind]++
		switch l.Kind {
		case "post":
			if firsts[l.FirstID] || written[l.ID] {
				t.Fatalf("line %d: %+v", i, l)
			}
			firsts[l.FirstID] = true
		case "edit":
			if !firsts[l.FirstID] || l.ID == l.FirstID {
				t.Fatalf("line %d is an edit of a post that nobody saw: %+v", i, l)
			}
		}
		if l.ID != "" {
			written[l.ID] = true
		}
	}
	if int64(len(lines)) != st.Emitted || count["post"] != st.Posts || count["edit"] != st.Edits || count["malformed"] != st.Malformed {
		t.Errorf("file: %d lines, %v; status %+v", len(lines), count, st)
	}
	if st.Emitted < read {
		t.Errorf("%d lines were read, %d emitted", read, st.Emitted)
	}
	for _, id := range ids {
		if !written[id] {
			t.Fatalf("post %s was read and is not in the truth file", id)
		}
	}
}

func TestTotalsGoOverTheWholeFileAndATornLineIsDropped(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "truth.ndjson")
	const old = `{"at":"2026-11-01T12:00:00.000Z","id":"1","first_id":"1","kind":"post"}` + "\n" +
		`{"at":"2026-11-01T12:00:00.000Z","id":"2","first_id":"1","kind":"edit"}` + "\n" +
		`{"at":"2026-11-01T12:00:00.000Z","id":"","first_id":"","kind":"malformed"}` + "\n"
	if err := os.WriteFile(path, []byte(old+`{"at":"2026-11`), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := defaults()
	cfg.Truth, cfg.Posts = path, 10
	s := simulate(t, cfg)
	if st := s.status(); st.TotalEmitted != 3 || st.TotalPosts != 1 || st.Emitted != 0 {
		t.Errorf("before: %+v", st)
	}
	s.mustAdd(catRules)
	s.connect("")
	s.until("finished", func(st status) bool { return st.Finished })
	st := s.admin("POST", "pause")
	if st.TotalPosts != 11 || st.TotalEmitted != 3+st.Emitted {
		t.Errorf("after: %+v", st)
	}
	// The file is complete while the simulator runs.
	if lines := readTruth(t, path); int64(len(lines)) != st.TotalEmitted {
		t.Errorf("%d lines in the file, total_emitted %d", len(lines), st.TotalEmitted)
	}
}

func TestAFileThatIsNoTruthFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("dear diary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := defaults()
	cfg.Truth = path
	err := simulator.Run(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "give another file") {
		t.Errorf("Run: %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "dear diary\n" {
		t.Errorf("the file now says %q", data)
	}
}
