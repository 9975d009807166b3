package simulator_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/simulator"
)

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (s *simulation) truth(query string) (status int, lines []truthLine, text string) {
	s.t.Helper()
	resp, text := s.doWith("GET", "/simulator/v1/truth"+query, "", "")
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, nil, text
	}
	return resp.StatusCode, parseTruth(s.t, []byte(text)), text
}

// kept are a truth in a file and one in memory.
func kept(t *testing.T, check func(t *testing.T, cfg simulator.Config)) {
	t.Helper()
	for _, where := range []string{"in a file", "in memory"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			cfg := defaults()
			if cfg.RememberTruth = 100_000; where == "in a file" {
				cfg.Truth = filepath.Join(t.TempDir(), "truth.ndjson")
			}
			check(t, cfg)
		})
	}
}

func TestTheTruthHasTheDigestOfEachLineThatTheClientRead(t *testing.T) {
	t.Parallel()
	kept(t, func(t *testing.T, cfg simulator.Config) {
		cfg.Posts, cfg.Malformed = 1500, 0.05
		s := simulate(t, cfg)
		s.mustAdd(catRules)
		r := s.connect("")
		s.until("finished", func(st status) bool { return st.Finished })
		st := s.admin("POST", "pause")
		var want, got []string
		for range st.Emitted {
			want = append(want, digest(r.next()))
		}
		_, lines, _ := s.truth("")
		for i, l := range lines {
			if l.N != int64(i)+1 || l.By != "stream" || l.Connection == "" || l.Connection != lines[0].Connection ||
				time.Since(l.HandedAt) > patience || l.HandedAt.Before(l.At) {
				t.Fatalf("line %d: %+v", i, l)
			}
			got = append(got, l.SHA256)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheTruthIsToldInPages(t *testing.T) {
	t.Parallel()
	kept(t, func(t *testing.T, cfg simulator.Config) {
		cfg.Posts = 2500
		s := simulate(t, cfg)
		s.mustAdd(catRules)
		s.connect("")
		s.until("finished", func(st status) bool { return st.Finished })
		s.admin("POST", "pause")
		_, all, whole := s.truth("")
		var pages strings.Builder
		for after := 0; ; {
			code, lines, text := s.truth(fmt.Sprintf("?after=%d&limit=333", after))
			if code != http.StatusOK || len(lines) > 333 {
				t.Fatalf("after %d: %d, %d lines", after, code, len(lines))
			}
			if len(lines) == 0 {
				break
			}
			pages.WriteString(text)
			after += len(lines)
		}
		if pages.String() != whole || len(all) < 2500 {
			t.Errorf("%d lines in pages, %d at once", strings.Count(pages.String(), "\n"), len(all))
		}
		if code, _, text := s.truth(fmt.Sprintf("?after=%d", len(all)+1)); code != http.StatusGone || !strings.Contains(text, "begun anew") {
			t.Errorf("after what never was: %d %s", code, text)
		}
		for _, wrong := range []string{"?after=-1", "?after=x", "?limit=10001", "?limit=-1", "?after="} {
			if code, _, text := s.truth(wrong); code != http.StatusBadRequest || !strings.Contains(text, "give a whole number") {
				t.Errorf("%s: %d %s", wrong, code, text)
			}
		}
	})
}

func TestWhatIsNotRememberedOfTheTruthIsGone(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts, cfg.RememberTruth = 500, 100
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	s.connect("")
	s.until("finished", func(st status) bool { return st.Finished })
	last := s.admin("POST", "pause").Emitted
	if code, _, text := s.truth("?after=3"); code != http.StatusGone || !strings.Contains(text, fmt.Sprintf("give after=%d,", last-100)) {
		t.Errorf("%d %s", code, text)
	}
	_, lines, _ := s.truth(fmt.Sprintf("?after=%d", last-100))
	if len(lines) != 100 || lines[0].N != last-99 || lines[99].N != last {
		t.Errorf("%d lines", len(lines))
	}
}

func TestWithoutAnyTruthThereIsNone(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	s.connect("").post()
	if code, _, text := s.truth(""); code != http.StatusNotFound || !strings.Contains(text, "--remember-truth") {
		t.Errorf("%d %s", code, text)
	}
}

func TestLinesOfAFormerVersionKeepTheirPlaceInTheTruth(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "truth.ndjson")
	const old = `{"at":"2026-11-01T12:00:00.000Z","id":"1","first_id":"1","kind":"post"}` + "\n"
	if err := os.WriteFile(path, []byte(strings.Repeat(old, 3000)), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := defaults()
	cfg.Truth, cfg.Posts = path, 10
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	s.connect("")
	s.until("finished", func(st status) bool { return st.Finished })
	s.admin("POST", "pause")
	_, lines, _ := s.truth("?after=2999")
	if len(lines) < 11 || lines[0].ID != "1" || lines[0].N != 0 || lines[1].N != 3001 {
		t.Errorf("%+v", lines)
	}
}

func TestWhatSearchAndLookUpGiveOutIsInTheTruth(t *testing.T) {
	t.Parallel()
	kept(t, func(t *testing.T, cfg simulator.Config) {
		cfg.Posts = 50
		s := simulate(t, cfg)
		s.mustAdd(catRules)
		id := s.connect("").post().Data.ID
		s.until("finished", func(st status) bool { return st.Finished })
		s.admin("POST", "pause")
		before := s.status()
		_, lines, _ := s.truth("")
		want := map[string]string{}
		collect := func(kind, path string) {
			_, text := s.do("GET", path, "")
			var body struct{ Data json.RawMessage }
			if err := json.Unmarshal([]byte(text), &body); err != nil || len(body.Data) == 0 {
				t.Fatalf("%s: %s", path, text)
			}
			objects := []json.RawMessage{body.Data}
			if body.Data[0] == '[' {
				_ = json.Unmarshal(body.Data, &objects)
			}
			for _, o := range objects {
				want[digest(string(o))] = kind
			}
		}
		collect("found search", "/2/tweets/search/recent?query=%23cat&tweet.fields=created_at,public_metrics")
		collect("look lookup", "/2/tweets?ids="+id+"&tweet.fields=created_at,lang")
		collect("look lookup", "/2/tweets/"+id)
		_, more, _ := s.truth(fmt.Sprintf("?after=%d", len(lines)))
		got := map[string]string{}
		for _, l := range more {
			if l.ID == "" || l.FirstID == "" || l.Connection != "" {
				t.Errorf("%+v", l)
			}
			got[l.SHA256] = l.Kind + " " + l.By
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if after := s.status(); after.TotalEmitted != before.TotalEmitted || after.TotalPosts != before.TotalPosts {
			t.Errorf("totals before %+v, after %+v", before, after)
		}
	})
}

func TestALineThatIsCutOnPurposeIsPartOfTheTruthByItsBeginning(t *testing.T) {
	t.Parallel()
	for fault, order := range map[string]string{"cut_mid_line": "", "truncated_chunk": `{"variant":"short"}`} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			cfg := defaults()
			cfg.RememberTruth = 1000
			s := simulate(t, cfg)
			s.mustAdd(catRules)
			r := s.connect("")
			r.next()
			if resp, text := s.doWith("POST", "/simulator/v1/faults/"+fault, "", order); resp.StatusCode != http.StatusOK {
				t.Fatal(text)
			}
			var last string
			for {
				text, err := r.in.ReadString('\n')
				if err != nil {
					last = text
					break
				}
			}
			r.close()
			var partial truthLine
			s.until("the cut is told", func(status) bool {
				_, lines, _ := s.truth("")
				i := slices.IndexFunc(lines, func(l truthLine) bool { return l.Kind == "partial" })
				if i >= 0 {
					partial = lines[i]
				}
				return i >= 0
			})
			if partial.SHA256 != digest(last) || partial.By != "stream" {
				t.Errorf("%q is not %+v", last, partial)
			}
		})
	}
}
