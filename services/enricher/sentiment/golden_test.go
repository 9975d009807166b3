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
		if got != (Scores{want.Negative, want.Neutral, want.Positive, want.Compound}) {
			t.Errorf("%s: %q\n got %+v\nwant %+v", want.Rule, want.Text, got, want)
		}
		if got.Compound == 0 && math.Signbit(got.Compound) {
			t.Errorf("%s: %q has a compound of -0", want.Rule, want.Text)
		}
	}
	if count < 3000 {
		t.Errorf("golden file holds %d sentences, want 3000 or more", count)
	}
}
