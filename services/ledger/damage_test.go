package ledger

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

func (w *world) remove(name string) {
	w.t.Helper()
	must(w.t, w.store.RemoveObject(w.t.Context(), testBucket, name, minio.RemoveObjectOptions{}))
}

// shelf is a partition of the archive as startWorld has written it: its objects' records and what each covers.
type shelf struct {
	records     []*kgo.Record
	start, last int64
}

func (w *world) shelves(topicName string, partition int32, perObject int) (of []shelf) {
	w.t.Helper()
	records, end := w.records(topicName, partition)
	start := int64(0)
	for len(records) > 0 {
		n := min(perObject, len(records))
		s := shelf{records: records[:n], start: start, last: records[n-1].Offset}
		if n == len(records) {
			s.last = end - 1
		}
		of = append(of, s)
		records, start = records[n:], s.last+1
	}
	return of
}

func (s shelf) lines() (text []string) {
	for _, r := range s.records {
		text = append(text, lineOf(r))
	}
	return text
}

func (s shelf) name() string { return nameOf(s.records[0]) }

// enriched is the records of tweets.enriched, partition 0: posts 0, 2, 4, …, and the second look at post 0.
func (w *world) enriched() []*kgo.Record {
	records, _ := w.records(topic.Enriched, 0)
	return records
}

// Each damage is done to a world of its own, and must be told with its kind, place and key, and nothing else.
func TestEachDamageIsNamed(t *testing.T) {
	t.Parallel()
	type damage struct {
		do   func(w *world) (want string)
		gone string // what is told when Kafka has forgotten everything; "-" is not tried, "" is nothing
	}
	at := func(kind, topicName string, partition int32, first, last int64, key string) string {
		text := fmt.Sprintf("%s %s/%d %d-%d", kind, topicName, partition, first, last)
		if key != "" {
			text += " " + key
		}
		return text
	}
	for name, d := range map[string]damage{
		// From the source to tweets.raw.
		"a line that never arrived": {func(w *world) string {
			w.hand(&kgo.Record{Value: []byte("a line")}, 900, "post")
			w.writeTruth()
			return "lost " + id(900)
		}, "-"},
		"a line that was cut off": {func(w *world) string {
			w.hand(&kgo.Record{Value: []byte("a line")}, 900, "post")
			w.truth = append(w.truth, map[string]any{"n": len(w.truth) + 1, "kind": "cut", "cut": "c1", "after": len(w.truth) - 1})
			w.writeTruth()
			return ""
		}, "-"},
		"a line that the simulator says was cut": {func(w *world) string {
			w.hand(&kgo.Record{Value: []byte("a line")}, 900, "post")
			w.truth[len(w.truth)-1]["cut"] = true
			w.writeTruth()
			return ""
		}, "-"},
		"a line that came by its id alone": {func(w *world) string {
			w.truth[3]["sha256"] = strings.Repeat("ab", 32)
			w.writeTruth()
			return ""
		}, "-"},
		"a record that nobody handed over": {func(w *world) string {
			w.truth = append(w.truth[:4:4], w.truth[5:]...)
			w.writeTruth()
			return at("invented", topic.Raw, 0, 2, 2, id(4))
		}, "-"},

		// From tweets.raw to tweets.enriched.
		"a record that the enricher has passed over": {func(w *world) string {
			r := rawPost(40)
			w.produce(w.client, r)
			w.rearchive()
			w.cfg.Truth = ""
			return at("enrich_gap", topic.Raw, 0, r.Offset, r.Offset, id(40))
		}, "-"},
		"a record that the enricher has not come to": {func(w *world) string {
			w.produce(w.client, rawPost(40))
			w.rearchive()
			w.rewind("enricher", topic.Raw, 12)
			w.cfg.Truth = ""
			return ""
		}, "-"},
		"a post that was enriched twice": {func(w *world) string {
			r := w.enriched()[1]
			raw := rawPost(2)
			raw.Offset = 1
			w.produce(w.client, madeOf(raw, r.Value))
			w.rearchive()
			return at("enrich_double", topic.Raw, 0, 1, 1, id(2))
		}, "-"},
		"a post of a record that is not there": {func(w *world) string {
			tx, aborted := w.connect(kgo.TransactionalID("raw")), rawPost(40)
			must(w.t, tx.BeginTransaction())
			w.produce(tx, aborted)
			must(w.t, tx.EndTransaction(w.t.Context(), kgo.TryAbort))
			w.produce(w.client, madeOf(aborted, w.enriched()[1].Value))
			w.rearchive()
			return at("enrich_invented", topic.Raw, 0, aborted.Offset, aborted.Offset, "")
		}, "-"},

		"a document with another text": {func(w *world) string {
			r := rawPost(40)
			w.produce(w.client, r)
			observed := noon.Add(40 * time.Millisecond)
			w.produce(w.client, madeOf(r, bytes.Replace(document(40, observed), []byte("invented"), []byte("forged"), 1)))
			w.put(monthly, id(40), strings.Replace(stored(40, observed), "invented", "forged", 1))
			w.rearchive()
			w.cfg.Truth = ""
			return at("enrich_differs", topic.Raw, 0, r.Offset, r.Offset, id(40))
		}, "-"},
		"a post that was taken for gone": {func(w *world) string {
			r := rawPost(40)
			w.produce(w.client, r)
			w.produce(w.client, madeOf(r, nil))
			w.put(monthly, id(40), stub(40, noon.Add(40*time.Millisecond)))
			w.rearchive()
			w.cfg.Truth = ""
			return at("enrich_differs", topic.Raw, 0, r.Offset, r.Offset, id(40))
		}, "-"},
		"a post that was refused": {func(w *world) string {
			r := rawPost(40)
			w.produce(w.client, r)
			w.produce(w.client, &kgo.Record{Topic: topic.DeadLetter, Key: r.Key, Value: r.Value, Timestamp: later, Headers: slices.Concat(r.Headers, letterHeaders("enricher", r))})
			w.put(letterMonth, fmt.Sprintf("%s-0-%d", topic.Raw, r.Offset), `{"@timestamp":"2026-06-03T12:00:00Z"}`)
			w.rearchive()
			w.cfg.Truth = ""
			return at("enrich_refused", topic.Raw, 0, r.Offset, r.Offset, id(40))
		}, "-"},
		"a dead letter that has lost the headers": {func(w *world) string {
			r := &kgo.Record{Topic: topic.Raw, Value: []byte(`{`), Timestamp: later, Headers: rawHeaders("stream", later)}
			w.produce(w.client, r)
			w.produce(w.client, &kgo.Record{Topic: topic.DeadLetter, Value: r.Value, Timestamp: later, Headers: letterHeaders("enricher", r)})
			w.put(letterMonth, fmt.Sprintf("%s-0-%d", topic.Raw, r.Offset), `{"@timestamp":"2026-06-03T12:00:00Z"}`)
			w.rearchive()
			w.cfg.Truth = ""
			return at("letter_differs", topic.Raw, 0, r.Offset, r.Offset, "")
		}, "-"},
		"a look in another partition": {func(w *world) string {
			r := rawPost(3)
			r.Partition, r.Headers = 0, append(rawHeaders("refresh", later), kgo.RecordHeader{Key: "earlier", Value: []byte(`{"arrived_at":"2026-06-03T12:00:00.003Z","observed_at":"2026-06-03T12:00:00.003Z","observations":1}`)})
			w.produce(w.client, r)
			made := madeOf(r, document(3, later))
			made.Partition = 1
			w.produce(w.client, made)
			w.put(monthly, id(3), stored(3, later))
			w.rearchive()
			w.cfg.Truth = ""
			return at("scattered", topic.Enriched, 1, made.Offset, made.Offset, id(3))
		}, "-"},

		// From tweets.enriched to the index.
		"a post that is missing": {func(w *world) string {
			w.drop(monthly, id(4))
			return at("index_missing", topic.Enriched, 0, w.enriched()[2].Offset, w.enriched()[2].Offset, id(4))
		}, "index_missing"},
		"a post that is missing and was refused": {func(w *world) string {
			w.drop(monthly, id(4))
			r := w.enriched()[2]
			letter := &kgo.Record{Topic: topic.DeadLetter, Key: r.Key, Value: r.Value, Timestamp: later, Headers: append(r.Headers, letterHeaders("sink-index", r)...)}
			w.produce(w.client, letter)
			w.put(letterMonth, fmt.Sprintf("%s-0-%d", topic.Enriched, r.Offset), `{"@timestamp":"2026-06-03T12:00:00Z"}`)
			w.commitAll()
			return ""
		}, "-"},
		"a refusal that was put back": {func(w *world) string {
			letters, _ := w.records(topic.DeadLetter, 0)
			r := letters[0]
			resolution := &kgo.Record{Topic: topic.DeadLetter, Timestamp: r.Timestamp, Headers: append(r.Headers,
				kgo.RecordHeader{Key: "redriven_at", Value: []byte("2026-06-03T14:00:00Z")},
				kgo.RecordHeader{Key: "redrive_of", Value: fmt.Appendf(nil, "tweets.dlq/0/%d", r.Offset)})}
			w.produce(w.client, resolution)
			w.commitAll()
			return ""
		}, "-"},
		"an older version": {func(w *world) string {
			w.put(monthly, id(0), stored(0, noon))
			return at("index_stale", topic.Enriched, 0, w.lastLook().Offset, w.lastLook().Offset, id(0))
		}, "index_stale"},
		"a post that was deleted and is there": {func(w *world) string {
			w.put(monthly, id(1), stored(1, noon.Add(time.Millisecond)))
			r, _ := w.records(topic.Enriched, 1)
			return at("index_stale", topic.Enriched, 1, r[len(r)-1].Offset, r[len(r)-1].Offset, id(1))
		}, "index_stale"},
		"a post in two indices": {func(w *world) string {
			w.put("tweets-2026.05", id(4), stored(4, noon.Add(4*time.Millisecond)))
			return at("index_double", topic.Enriched, 0, w.enriched()[2].Offset, w.enriched()[2].Offset, id(4))
		}, "index_double"},
		"a post in the wrong index": {func(w *world) string {
			w.drop(monthly, id(4))
			w.put("tweets-2026.05", id(4), stored(4, noon.Add(4*time.Millisecond)))
			return at("index_misplaced", topic.Enriched, 0, w.enriched()[2].Offset, w.enriched()[2].Offset, id(4))
		}, "index_misplaced"},
		"another text": {func(w *world) string {
			w.put(monthly, id(4), strings.Replace(stored(4, noon.Add(4*time.Millisecond)), "invented", "forged", 1))
			return at("index_differs", topic.Enriched, 0, w.enriched()[2].Offset, w.enriched()[2].Offset, id(4))
		}, "index_differs"},
		"a stub of a post that is there": {func(w *world) string {
			w.put(monthly, id(4), stub(4, noon.Add(4*time.Millisecond)))
			return at("index_differs", topic.Enriched, 0, w.enriched()[2].Offset, w.enriched()[2].Offset, id(4))
		}, "index_differs"},
		"a version that no record has": {func(w *world) string {
			w.put(monthly, id(4), stored(4, later.Add(time.Hour)))
			return at("index_newer", topic.Enriched, 0, w.enriched()[2].Offset, w.enriched()[2].Offset, id(4))
		}, "index_newer"},
		"a post that no record has": {func(w *world) string {
			w.put(monthly, id(900), stored(900, noon))
			return "index_invented " + id(900)
		}, "index_invented"},
		"a refusal without a document": {func(w *world) string {
			w.drop(letterMonth, topic.Raw+"-0-10")
			return at("letter_missing", topic.DeadLetter, 0, w.letter(), w.letter(), "")
		}, "-"},
		"a refusal with two documents": {func(w *world) string {
			w.put("dead-letters-2026.07", topic.Raw+"-0-10", `{"@timestamp":"2026-07-03T12:00:00Z"}`)
			return at("letter_double", topic.DeadLetter, 0, w.letter(), w.letter(), "")
		}, "-"},
		"an index that nobody reads": {func(w *world) string {
			w.request(esapi.IndicesUpdateAliasesRequest{Body: strings.NewReader(`{"actions":[{"remove":{"index":"tweets-2026.06","alias":"tweets"}}]}`)})
			return "index_alias"
		}, "index_alias"},
		"an alias that shows stubs": {func(w *world) string {
			w.request(esapi.IndicesUpdateAliasesRequest{Body: strings.NewReader(`{"actions":[{"remove":{"index":"tweets-2026.06","alias":"tweets"}},{"add":{"index":"tweets-2026.06","alias":"tweets"}}]}`)})
			return "index_alias"
		}, "index_alias"},
		"an index that takes any field": {func(w *world) string {
			w.request(esapi.IndicesPutMappingRequest{Index: []string{monthly}, Body: strings.NewReader(`{"dynamic":true}`)})
			return "index_mapping"
		}, "index_mapping"},

		// To the archive.
		"an object that is missing": {func(w *world) string {
			s := w.shelves(topic.Enriched, 0, 4)[1]
			w.remove(s.name())
			return at("gap", topic.Enriched, 0, s.start, s.last, "")
		}, "gap, index_invented, index_invented, index_invented, index_invented"},
		"the last object": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[2]
			w.remove(s.name())
			return at("gap", topic.Raw, 0, s.start, s.last, "")
		}, "gap"},
		"a line that is missing": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[1]
			w.putObject(s.name(), append(s.lines()[:1:1], s.lines()[2:]...), s.start, s.last, 4)
			lost := s.records[1]
			return at("gap", topic.Raw, 0, lost.Offset, lost.Offset, string(lost.Key)) + ", " + at("count", topic.Raw, 0, s.start, s.last, "")
		}, "count"},
		"lines that are there twice": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[1]
			two := shelf{s.records[1:], s.records[1].Offset, s.last}
			w.object(two.records, two.start, two.last)
			return at("double", topic.Raw, 0, two.start, two.last, "")
		}, "double"},
		"lines out of order": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[1]
			text := s.lines()
			text[1], text[2] = text[2], text[1]
			w.putObject(s.name(), text, s.start, s.last, 4)
			return at("gap", topic.Raw, 0, s.records[1].Offset, s.records[1].Offset, string(s.records[1].Key)) + ", " +
				at("disorder", topic.Raw, 0, s.records[1].Offset, s.records[1].Offset, string(s.records[1].Key))
		}, "disorder"},
		"another text in the archive": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[1]
			text := s.lines()
			text[1] = strings.Replace(text[1], "invented", "forged", 1)
			w.putObject(s.name(), text, s.start, s.last, 4)
			return at("differs", topic.Raw, 0, s.records[1].Offset, s.records[1].Offset, string(s.records[1].Key))
		}, ""},
		"another header in the archive": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[1]
			text := s.lines()
			text[1] = strings.Replace(text[1], "x.tweet.v2", "x.tweet.v3", 1)
			w.putObject(s.name(), text, s.start, s.last, 4)
			return at("differs", topic.Raw, 0, s.records[1].Offset, s.records[1].Offset, string(s.records[1].Key))
		}, ""},
		"another time in the archive": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[1]
			text := s.lines()
			text[1] = strings.Replace(text[1], `"timestamp":"2026-06-03T12:00:00.0`, `"timestamp":"2026-06-03T12:00:00.5`, 1)
			w.putObject(s.name(), text, s.start, s.last, 4)
			return at("differs", topic.Raw, 0, s.records[1].Offset, s.records[1].Offset, string(s.records[1].Key))
		}, ""},
		"a line that was suppressed for nothing": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[1]
			w.suppress(s, 1)
			return at("differs", topic.Raw, 0, s.records[1].Offset, s.records[1].Offset, string(s.records[1].Key))
		}, "differs"},
		"a line that was suppressed for a deletion": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[1]
			w.suppress(s, 1)
			list := fmt.Sprintf(`{"key":"%s","observed_at":"2026-06-03T15:00:00Z","topic":"tweets.raw","partition":0,"offset":9}`+"\n", s.records[1].Key)
			_, err := w.store.PutObject(w.t.Context(), testBucket, "suppressed/"+strings.TrimSuffix(s.name(), ".zst"), strings.NewReader(list), int64(len(list)), minio.PutObjectOptions{})
			must(w.t, err)
			return ""
		}, ""},
		"an object that does not say its range": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[1]
			w.putObject(s.name(), s.lines(), s.start, -1, 4)
			return at("no_range", topic.Raw, 0, s.start, s.start, "") + ", " + at("gap", topic.Raw, 0, s.start, s.last, "")
		}, "no_range, gap"},
		"an object that cannot be read": {func(w *world) string {
			s := w.shelves(topic.Raw, 0, 4)[1]
			_, err := w.store.PutObject(w.t.Context(), testBucket, s.name(), strings.NewReader("no frame"), 8, minio.PutObjectOptions{UserMetadata: map[string]string{
				"start-offset": fmt.Sprint(s.start), "last-offset": fmt.Sprint(s.last), "records": "4",
			}})
			must(w.t, err)
			return at("unreadable", topic.Raw, 0, s.start, s.last, "") + ", " + at("gap", topic.Raw, 0, s.start, s.last, string(s.records[0].Key))
		}, "unreadable"},
		"a line that was never committed": {func(w *world) string {
			s := w.shelves(topic.Enriched, 0, 4)[0]
			aborted := *s.records[0]
			aborted.Offset = s.records[0].Offset - 2
			w.remove(s.name())
			w.object(append([]*kgo.Record{&aborted}, s.records...), s.start, s.last)
			return at("aborted", topic.Enriched, 0, aborted.Offset, aborted.Offset, string(aborted.Key))
		}, ""},
		"records that are not archived yet": {func(w *world) string {
			w.produce(w.client, rawPost(40))
			w.rewind("enricher", topic.Raw, 11)
			w.cfg.Truth = ""
			return ""
		}, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWorld(t)
			want := d.do(w)
			drawn := w.audit()
			if got := said(drawn); got != want {
				t.Errorf("told is %q, want %q", got, want)
			}
			if drawn.Balanced != (want == "") {
				t.Errorf("balanced: %t", drawn.Balanced)
			}
			if d.gone == "-" {
				return
			}
			w.forget()
			w.cfg.Truth = ""
			var kinds []string
			for _, f := range w.audit().Findings {
				kinds = append(kinds, string(f.Kind))
			}
			if got := strings.Join(kinds, ", "); got != d.gone {
				t.Errorf("after Kafka has forgotten, told is %q, want %q", got, d.gone)
			}
		})
	}
}

// rearchive archives and commits what has come since.
func (w *world) rearchive() {
	w.t.Helper()
	for name := range w.names() {
		w.remove(name)
	}
	w.archive(4)
	w.commitAll()
}

func (w *world) names() map[string]bool {
	names := map[string]bool{}
	for info := range w.store.ListObjects(w.t.Context(), testBucket, minio.ListObjectsOptions{Recursive: true}) {
		must(w.t, info.Err)
		names[info.Key] = true
	}
	return names
}

func (w *world) lastLook() *kgo.Record {
	records := w.enriched()
	return records[len(records)-1]
}

func (w *world) letter() int64 {
	letters, _ := w.records(topic.DeadLetter, 0)
	return letters[0].Offset
}

// suppress takes the content of a line away.
func (w *world) suppress(s shelf, line int) {
	w.t.Helper()
	text, r := s.lines(), s.records[line]
	text[line] = fmt.Sprintf(`{"topic":"%s","partition":%d,"offset":%d,"timestamp":"%s","key":"%s","headers":[{"key":"observed_at","value":"%s"}],"suppressed":true}`+"\n",
		r.Topic, r.Partition, r.Offset, r.Timestamp.UTC().Format("2006-01-02T15:04:05.000Z"), r.Key, r.Headers[2].Value)
	w.putObject(s.name(), text, s.start, s.last, len(text))
}
