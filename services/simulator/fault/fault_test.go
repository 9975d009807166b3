package fault_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"catsvdogs/services/simulator/fault"
)

func start() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

// isPost is what a strict reader would take for a post.
func isPost(line []byte) bool {
	var p struct {
		Data *struct {
			ID   string  `json:"id"`
			Text *string `json:"text"`
		} `json:"data"`
	}
	return len(line) <= 1<<20 && utf8.Valid(line) && json.Unmarshal(line, &p) == nil && p.Data != nil && p.Data.ID != ""
}

func TestABrokenLineIsNeverAPostNorTwoLinesNorAnError(t *testing.T) {
	t.Parallel()
	m := fault.New(7, 1)
	oversized := 0
	const lines = 3000
	seen := map[string]bool{}
	for range lines {
		line := m.Append(nil, start())
		if len(line) == 0 || bytes.ContainsAny(line, "\r\n") {
			t.Fatalf("not one line: %.200q", line)
		}
		if isPost(line) {
			t.Fatalf("a post: %.200q", line)
		}
		if bytes.Contains(line, []byte(`"errors"`)) {
			t.Fatalf("a message of the protocol: %.200q", line)
		}
		if len(line) > 1<<20 {
			oversized++
		}
		seen[string(line[:min(len(line), 9)])] = true
	}
	if oversized < 3 || oversized > 40 {
		t.Errorf("%d of %d lines are over 1 MiB, want about one in 200", oversized, lines)
	}
	if len(seen) < 8 {
		t.Errorf("only %d sorts of lines", len(seen))
	}
}

func TestTheSameSeedBreaksTheSameLines(t *testing.T) {
	t.Parallel()
	a, b := fault.New(7, 0.3), fault.New(7, 0.3)
	struck := 0
	for i := range 5000 {
		strikes := a.Strikes()
		if strikes != b.Strikes() {
			t.Fatalf("line %d is broken in one stream only", i)
		}
		if strikes {
			struck++
			if !bytes.Equal(a.Append(nil, start()), b.Append(nil, start())) {
				t.Fatalf("line %d differs", i)
			}
		}
	}
	if struck < 1350 || struck > 1650 {
		t.Errorf("%d of 5000 lines are broken, want about 1500", struck)
	}
	if fault.New(7, 0).Strikes() {
		t.Error("a fraction of 0 breaks lines")
	}
}
