package sentiment

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"testing"
)

// tolerance is how far a score may be from the reference's: its last decimal.
const tolerance = 0.0001

// The reference runs beside this test, because its scores of this many sentences
// are too much to keep. VADER_PYTHON names a Python that has it; make test-vader gets one.
func TestABroadCorpusScoresAsTheReferenceScoresIt(t *testing.T) {
	t.Parallel()
	python := os.Getenv("VADER_PYTHON")
	if python == "" {
		t.Skip("VADER_PYTHON names no Python that has vaderSentiment; use make test-vader")
	}
	command := exec.CommandContext(t.Context(), python, "testdata/broad.py", "200000", "1")
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	a := New()
	count, inexact, largest := 0, 0, 0.0
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var want golden
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatalf("line %d: %v", count+1, err)
		}
		count++
		got := a.Score(want.Text)
		off := farthest(got, want.scores())
		largest = max(largest, off)
		if off != 0 {
			inexact++
		}
		if off > tolerance+1e-9 { // the scores are decimals, the difference is not
			t.Errorf("%q\n got %+v\nwant %+v", want.Text, got, want.scores())
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Fatalf("%s: %v", python, err)
	}
	if count < 200_000 {
		t.Errorf("%d sentences, want 200000 or more", count)
	}
	t.Logf("%d sentences, %d of them not equal to the last decimal, the largest difference %g", count, inexact, largest)
}

// farthest is the largest difference between two of the same scores.
func farthest(a, b Scores) float64 {
	return max(math.Abs(a.Negative-b.Negative), math.Abs(a.Neutral-b.Neutral),
		math.Abs(a.Positive-b.Positive), math.Abs(a.Compound-b.Compound))
}
