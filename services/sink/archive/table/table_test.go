package table

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

var noon = time.Date(2026, 6, 3, 12, 0, 0, 123e6, time.UTC)

func document(i int) *tweet.Document {
	d := &tweet.Document{
		TweetID: fmt.Sprint(1000 + i), Timestamp: noon, CreatedAt: noon.Add(-time.Second), ObservedAt: noon, Source: tweet.SourceSimulator,
		Kind: tweet.KindPost, Text: "an invented post", Lang: "en", Hashtags: []string{"cats", "kitten"}, Teams: []string{"cats"},
		Media: []string{}, Categories: []string{"cats with images"}, MatchedRules: []tweet.MatchedRule{{ID: "1", Tag: "cats with images"}},
		Metrics: tweet.Metrics{Likes: int64(i), Impressions: new(int64(7))}, Popularity: 1.25, Sentiment: tweet.Sentiment{Score: -0.5, Label: "negative", Model: "vader"},
		MediaOfQuote: i%2 == 1, Pictures: pictureAnswers[i%len(pictureAnswers)], Promotional: i%2 == 1, PromotionalScore: float64(i) / 2,
		PromotionalReasons: []string{}, Observations: 1, Pipeline: tweet.Times{ReceivedAt: noon, EnrichedAt: noon.Add(time.Millisecond), ArrivalMS: -3},
	}
	if i%3 == 1 { // one that was looked at again
		d.VersionID, d.RefreshedAt, d.Growth = fmt.Sprint(2000+i), new(noon.Add(time.Hour)), new(0.5)
		d.AuthorName, d.AuthorUsername = "An invented person", "invented"
	}
	if i%2 == 1 { // the model that was asked first has not answered
		d.Sentiment.Fallback = "timeout"
	}
	return d
}

// pictureAnswers are of a model that has answered, of one that has not, and of none.
var pictureAnswers = []*tweet.Pictures{
	{Model: "made-up-vision", Shows: []string{"cats"}, Confidence: []tweet.TeamConfidence{{Team: "cats", Score: 0.75}, {Team: "dogs", Score: 0.1}}},
	{Reason: "timeout"},
	nil,
}

func lines(t *testing.T, values ...[]byte) func(func([]byte) error) error {
	t.Helper()
	return func(each func([]byte) error) error {
		for i, v := range values {
			r := &kgo.Record{Topic: topic.Enriched, Partition: 2, Offset: int64(10 + i), Timestamp: noon, Key: []byte("k"), Value: v}
			if err := each(archived.AppendLine(nil, r)); err != nil {
				return err
			}
		}
		return nil
	}
}

func encode(t *testing.T, d *tweet.Document) []byte {
	t.Helper()
	b, err := tweet.Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryDocumentIsARowAndNothingElseIs(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	err := Write(&file, lines(t, encode(t, document(0)), nil, []byte("no json"), encode(t, document(1)), encode(t, document(2)), []byte("{}")))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.Read[row](bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	want := []row{
		rowOf(archived.Line{Record: &kgo.Record{Partition: 2, Offset: 10}}, document(0)),
		rowOf(archived.Line{Record: &kgo.Record{Partition: 2, Offset: 13}}, document(1)),
		rowOf(archived.Line{Record: &kgo.Record{Partition: 2, Offset: 14}}, document(2)),
	}
	for i := range rows {
		for _, at := range []*time.Time{&rows[i].Timestamp, &rows[i].CreatedAt, &rows[i].ObservedAt, &rows[i].Pipeline.ReceivedAt, &rows[i].Pipeline.EnrichedAt, rows[i].RefreshedAt} {
			if at != nil {
				*at = at.UTC()
			}
		}
	}
	if diff := cmp.Diff(want, rows, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestTheSchemaIsWhatTheGoldenFileSays(t *testing.T) {
	t.Parallel()
	got := parquet.SchemaOf(row{}).String() + "\n"
	golden := filepath.Join("testdata", "schema.golden")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("want (-), got (+); UPDATE=1 writes it:\n%s", diff)
	}
}

func TestTheSameLinesGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	values := make([][]byte, rowGroupRows+10) // two row groups
	for i := range values {
		values[i] = encode(t, document(i))
	}
	var first, second bytes.Buffer
	for _, file := range []*bytes.Buffer{&first, &second} {
		if err := Write(file, lines(t, values...)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("they differ")
	}
	opened, err := parquet.OpenFile(bytes.NewReader(first.Bytes()), int64(first.Len()))
	if err != nil || opened.NumRows() != int64(len(values)) || len(opened.RowGroups()) != 2 {
		t.Errorf("%v, %v", opened, err)
	}
}

func TestABrokenLineIsAnError(t *testing.T) {
	t.Parallel()
	if err := Write(io.Discard, func(each func([]byte) error) error { return each([]byte("{")) }); err == nil {
		t.Error("no error")
	}
}

func TestEveryFieldOfADocumentHasAColumn(t *testing.T) {
	t.Parallel()
	columns := map[string]bool{}
	for _, f := range parquet.SchemaOf(row{}).Fields() {
		columns[f.Name()] = true
	}
	for f := range reflect.TypeFor[tweet.Document]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !columns[strings.TrimPrefix(name, "@")] {
			t.Errorf("%s has no column", name)
		}
	}
}
