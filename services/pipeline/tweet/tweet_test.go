package tweet

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/schemas"
)

func TestARawRecordComesBackFromItsHeaders(t *testing.T) {
	t.Parallel()
	for name, raw := range rawRecords() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseRaw(raw.Key, raw.Value, slices.Values(raw.Headers()))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(raw, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHeadersOfARawRecordFollowTheirSchema(t *testing.T) {
	t.Parallel()
	schema, err := schemas.Compile(schemas.RawTweet)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range rawRecords() {
		headers := map[string]any{}
		for _, h := range raw.Headers() {
			headers[h.Key] = string(h.Value)
		}
		if err := schema.Validate(headers); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func rawRecords() map[string]Raw {
	line := Raw{
		Key: []byte("1"), Value: []byte("{}"), Source: SourceSimulator, Schema: SchemaX, Kind: KindStream,
		ObservedAt:  time.Date(2026, 6, 3, 10, 15, 30, 123456789, time.UTC),
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
	long := line
	long.Key, long.Truncated = nil, &Truncation{Length: 5 << 20, SHA256: string(bytes.Repeat([]byte("a"), 64))}
	event := line
	event.Key, event.Source, event.Schema = []byte("at://did:plc:made-up/app.bsky.feed.post/3jzfcijpj2z2a"), SourceBluesky, SchemaBluesky
	event.MatchedRules = []MatchedRule{{ID: "1f", Tag: "cats with images"}, {ID: "2e", Tag: "“dogs” with <images>"}}
	gone := event
	gone.Kind, gone.MatchedRules = KindDelete, nil
	again := event
	again.Kind, again.Counts = KindRefresh, &Metrics{Likes: 5, Retweets: 2}
	again.Earlier = &Earlier{
		ArrivedAt: line.ObservedAt, ArrivalMS: -3, ObservedAt: line.ObservedAt.Add(time.Hour), Observations: 2, Metrics: Metrics{Likes: 3}, Repeated: true,
	}
	return map[string]Raw{"a line": line, "the first part of a line": long, "an event": event, "a deletion": gone, "a later look": again}
}

func TestARawRecordWithoutItsHeadersIsRefused(t *testing.T) {
	t.Parallel()
	good := rawRecords()["a line"]
	for _, h := range [][]Header{
		nil,
		good.Headers()[:2],
		append(good.Headers(), Header{Key: "observed_at", Value: []byte("yesterday")}),
		append(good.Headers(), Header{Key: "truncated_length", Value: []byte("long")}),
		append(good.Headers(), Header{Key: "matched_rules", Value: []byte(`{"id":"1"}`)}),
	} {
		if _, err := ParseRaw(nil, nil, slices.Values(h)); err == nil {
			t.Errorf("headers %v are taken", h)
		}
	}
}

func TestASnowflakeTellsWhenAPostWasCreated(t *testing.T) {
	t.Parallel()
	// Ids and times of X's documentation (Snowflakes, "Twitter IDs"): the id is public, the time follows from it.
	for id, want := range map[string]string{
		"1541815603606036480": "2022-06-28T16:07:40.105Z",
		"29700859247":         "2010-11-04T01:43:01.738Z",
	} {
		got, ok := SnowflakeTime(id)
		if key, fromKey := CreatedFromKey(id); !ok || !fromKey || !key.Equal(got) || got.Format(time.RFC3339Nano) != want {
			t.Errorf("SnowflakeTime(%s) = %s, %t; want %s", id, got.Format(time.RFC3339Nano), ok, want)
		}
	}
	for _, id := range []string{"", "20", "29700859246", "-1541815603606036480", "99999999999999999999", "cat"} {
		if got, ok := SnowflakeTime(id); ok {
			t.Errorf("SnowflakeTime(%q) = %s, want none", id, got)
		}
	}
}

func TestTheIndexFollowsFromTheCreationOfThePost(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 31, 23, 30, 0, 0, time.FixedZone("", -3600))
	if got := IndexName(at, IndexMonthly); got != "tweets-2027.01" {
		t.Error(got)
	}
	if got := IndexName(at, IndexDaily); got != "tweets-2027.01.01" {
		t.Error(got)
	}
}

func TestPopularityWeighsEngagementAndDampsIt(t *testing.T) {
	t.Parallel()
	bookmarks := int64(2)
	w := Weights{Retweets: 1, Replies: 1, Likes: 0.5, Quotes: 1, Bookmarks: 0.5}
	for _, c := range []struct {
		metrics Metrics
		want    float64
	}{
		{Metrics{}, 0},
		{Metrics{Likes: 2}, 0.6931}, // ln 2
		{Metrics{Retweets: 3, Replies: 2, Likes: 4, Quotes: 1, Bookmarks: &bookmarks}, 2.3026}, // ln 10
	} {
		if got := w.Popularity(c.metrics); got != c.want {
			t.Errorf("Popularity(%+v) = %v, want %v", c.metrics, got, c.want)
		}
	}
}

func TestADocumentComesBackFromItsLine(t *testing.T) {
	t.Parallel()
	for _, file := range examples(t) {
		d, err := Decode(read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		line, err := Encode(d)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsRune(line, '\n') {
			t.Errorf("%s: the line has a line end", file)
		}
		var want, got any
		if err := json.Unmarshal(read(t, file), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: example (-) and line (+) differ:\n%s", file, diff)
		}
	}
}

// FuzzDecodeAgreesWithEncodingJSON holds the fast library against the standard one on the documents of the contract.
func FuzzDecodeAgreesWithEncodingJSON(f *testing.F) {
	for _, file := range examples(f) {
		f.Add(read(f, file))
	}
	f.Add([]byte(`{"tweet_id":"\ud83d","hashtags":[null],"metrics":{"likes":1e3}}`))
	f.Add([]byte(`{"tweet_id":"a","tweet_id":"b","TEXT":"c"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var want Document
		wantErr := json.Unmarshal(b, &want)
		var got Document
		gotErr := DecodeJSON(b, &got)
		if (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("encoding/json: %v, ours: %v", wantErr, gotErr)
		}
		if wantErr == nil && !reflect.DeepEqual(want, got) {
			t.Fatalf("encoding/json (-), ours (+):\n%s", cmp.Diff(want, got))
		}
	})
}

func examples(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../../../schemas/testdata/enriched-tweet.v1/valid/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	return files
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestALaterLookSaysWhatTheOnesBeforeItTold(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 12, 0, 0, 123000000, time.UTC)
	read := func(headers ...Header) (Raw, error) {
		bare := Raw{Source: SourceX, Schema: SchemaX, ObservedAt: at, Kind: KindRefresh}
		return ParseRaw(nil, nil, func(yield func(Header) bool) {
			for _, h := range append(bare.Headers(), headers...) {
				if !yield(h) {
					return
				}
			}
		})
	}
	for _, wrong := range []string{"", "null", "{}", `{"arrived_at":"2026-11-01T12:00:00Z","observed_at":"2026-11-01T12:00:00Z","observations":0}`, `{"arrived_at":7}`} {
		if _, err := read(Header{headerEarlier, []byte(wrong)}); !errors.Is(err, ErrHeaders) {
			t.Errorf("%q: got %v, want ErrHeaders", wrong, err)
		}
	}
	got, err := read(Header{headerEarlier, []byte(`{"arrived_at":"2026-11-01T12:00:00.123Z","arrival_ms":50,"observed_at":"2026-11-01T12:00:00.123Z","observations":1,"metrics":{"likes":3},"of_a_newer_version":true}`)})
	want := &Earlier{ArrivedAt: at, ArrivalMS: 50, ObservedAt: at, Observations: 1, Metrics: Metrics{Likes: 3}}
	if diff := cmp.Diff(want, got.Earlier); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestGrowthIsTheEngagementOfAnHour(t *testing.T) {
	t.Parallel()
	w := DefaultWeights()
	for _, c := range []struct {
		from, to Metrics
		within   time.Duration
		want     float64
		ok       bool
	}{
		{Metrics{}, Metrics{Likes: 10, Retweets: 1}, 15 * time.Minute, 24, true},
		{Metrics{Likes: 10}, Metrics{Likes: 4}, 2 * time.Hour, -1.5, true},
		{Metrics{}, Metrics{Likes: 1}, time.Second, 1800, true},
		{Metrics{}, Metrics{Likes: 1}, time.Second - 1, 0, false},
		{Metrics{}, Metrics{Likes: 1}, -time.Hour, 0, false},
		{Metrics{}, Metrics{Likes: math.MaxInt64, Retweets: math.MaxInt64}, time.Second, w.Engagement(Metrics{Likes: math.MaxInt64, Retweets: math.MaxInt64}) * 3600, true},
	} {
		if got, ok := w.Growth(c.from, c.to, c.within); ok != c.ok || math.Abs(got-c.want) > 1e-9*math.Abs(c.want) {
			t.Errorf("from %v to %v within %s: %v %t", c.from, c.to, c.within, got, ok)
		}
	}
}
