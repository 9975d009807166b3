package suppression

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

func record(topicName, key string, value []byte, observed time.Time, kind string) *kgo.Record {
	r := &kgo.Record{Topic: topicName, Key: []byte(key), Value: value, Timestamp: noon.Add(time.Hour)}
	if !observed.IsZero() {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: topic.HeaderObservedAt, Value: []byte(observed.Format(time.RFC3339Nano))})
	}
	if kind != "" {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: topic.HeaderKind, Value: []byte(kind)})
	}
	return r
}

func TestWhatIsADeletion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		record *kgo.Record
		want   bool
	}{
		"a null in tweets.enriched":          {record(topic.Enriched, "1", nil, noon, ""), true},
		"a document":                         {record(topic.Enriched, "1", []byte("{}"), noon, ""), false},
		"an empty value":                     {record(topic.Enriched, "1", []byte{}, noon, ""), false},
		"a raw record of kind delete":        {record(topic.Raw, "1", []byte("{}"), noon, "delete"), true},
		"a raw record of kind stream":        {record(topic.Raw, "1", []byte("{}"), noon, "stream"), false},
		"a raw record that does not say":     {record(topic.Raw, "1", nil, noon, ""), false},
		"one without a key deletes nothing":  {record(topic.Enriched, "", nil, noon, ""), false},
		"one that does not say when it was":  {record(topic.Enriched, "1", nil, time.Time{}, ""), true},
		"a document of kind delete is a doc": {record(topic.Enriched, "1", []byte("{}"), noon, "delete"), false},
	} {
		if _, got := Of(c.record); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestAnEntryComesBackFromItsLine(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"1", "at://did:plc:x/app.bsky.feed.post/3l", "\xff\x00"} {
		want := Entry{Key: []byte(key), ObservedAt: noon.Add(time.Millisecond), Topic: topic.Raw, Partition: 3, Offset: 4}
		text, err := want.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	}
	for _, text := range []string{"", "{}", `{"key":"1"}`, `{"observed_at":"2026-06-03T12:00:00Z"}`} {
		if e, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, e)
		}
	}
}

func TestADeletionTakesWhatWasObservedUpToIt(t *testing.T) {
	t.Parallel()
	var s Set
	for _, at := range []time.Duration{0, time.Minute, -time.Minute} { // the latest counts, in whatever order they come
		e, _ := Of(record(topic.Enriched, "1", nil, noon.Add(at), ""))
		s.Add(e)
	}
	value := []byte(`{"text":"x"}`)
	for name, c := range map[string]struct {
		record *kgo.Record
		want   bool
	}{
		"before":         {record(topic.Raw, "1", value, noon, "stream"), true},
		"at once":        {record(topic.Enriched, "1", value, noon.Add(time.Minute), ""), true},
		"later":          {record(topic.Enriched, "1", value, noon.Add(time.Minute+time.Millisecond), ""), false},
		"another post":   {record(topic.Raw, "2", value, noon, "stream"), false},
		"no key":         {record(topic.Raw, "", value, noon, "stream"), false},
		"the deletion":   {record(topic.Enriched, "1", nil, noon, ""), false},
		"the raw one":    {record(topic.Raw, "1", value, noon, "delete"), false},
		"an earlier gap": {record(topic.Raw, "1", nil, noon, "stream"), true},
	} {
		if got := s.Takes(c.record); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if s.Len() != 1 {
		t.Errorf("%d posts", s.Len())
	}
}

func TestASetReachesBackToTheCreationOfItsOldestPost(t *testing.T) {
	t.Parallel()
	add := func(s *Set, key string) { s.Add(Entry{Key: []byte(key), ObservedAt: noon}) }
	var s Set
	if s.Reaches(noon) {
		t.Error("an empty set reaches something")
	}
	add(&s, "1700000000000000000") // March 2023
	add(&s, "1900000000000000000") // March 2025
	created := time.Date(2023, 9, 8, 0, 0, 0, 0, time.UTC)
	if !s.Reaches(noon) || !s.Reaches(created.Add(48*time.Hour)) {
		t.Error("it does not reach what came after")
	}
	if s.Reaches(created.AddDate(-1, 0, 0)) {
		t.Error("it reaches what came long before")
	}
	add(&s, "no id")
	if !s.Reaches(created.AddDate(-10, 0, 0)) {
		t.Error("a key that tells no time does not reach everything")
	}
	add(&s, "1900000000000000001")
	if !s.Reaches(created.AddDate(-10, 0, 0)) {
		t.Error("a later one makes it forget that")
	}
}
