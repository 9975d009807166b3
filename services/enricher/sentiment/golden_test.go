package sentiment

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"
)

// golden is one line of testdata/golden.ndjson, which testdata/golden.py wrote
// with the reference.
type golden struct {
	Rule     string  `json:"rule"`
	Text     string  `json:"text"`
	Negative float64 `json:"neg"`
	Neutral  float64 `json:"neu"`
	Positive float64 `json:"pos"`
	Compound float64 `json:"compound"`
}

func (g golden) scores() Scores { return Scores{g.Negative, g.Neutral, g.Positive, g.Compound} }

func TestEveryGoldenSentenceScoresAsTheReferenceScoresIt(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/golden.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	a := New()
	count := 0
	for line := range bytes.Lines(file) {
		var want golden
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatalf("line %d: %v", count+1, err)
		}
		count++
		got := a.Score(want.Text)
		if got != want.scores() {
			t.Errorf("%s: %q\n got %+v\nwant %+v", want.Rule, want.Text, got, want)
		}
		if got.Compound == 0 && math.Signbit(got.Compound) {
			t.Errorf("%s: %q has a compound of -0", want.Rule, want.Text)
		}
	}
	if count < 5000 {
		t.Errorf("golden file holds %d sentences, want 5000 or more", count)
	}
}
