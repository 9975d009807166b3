package hostile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

// document is a document as the enricher makes them, but for fields that it replaces or adds.
func document(id int, fields string) string {
	return fmt.Sprintf(`{"tweet_id":"%d","text":"a #Cat","lang":"en","created_at":"2026-05-28T16:43:19Z","observed_at":"2026-06-03T10:15:30Z","@timestamp":"2026-06-03T10:15:30Z",`+
		`"source":"x","teams":["cats"],"categories":["cats with images"],"popularity":1,"promotional":false%s}`, firstID+id, fields)
}

// foreignRecords are records of tweets.enriched that no enricher has written, by what is wrong with each.
func foreignRecords() map[string]*kgo.Record {
	records := map[string]*kgo.Record{}
	add := func(name, value string, headers ...string) {
		r := &kgo.Record{Topic: topic.Enriched, Key: []byte("2060000000000000001"), Value: []byte(value)}
		for i := 0; i < len(headers); i += 2 {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: headers[i], Value: []byte(headers[i+1])})
		}
		records[name] = r
	}
	for i, at := range []string{"9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "99999-01-01T00:00:00Z", "", "7"} {
		quoted := strconv.Quote(at)
		add("created at "+quoted, document(100+i, `,"created_at":`+quoted))
		add("observed at "+quoted, document(200+i, `,"observed_at":`+quoted))
		add("arrived at "+quoted, document(300+i, `,"@timestamp":`+quoted))
		add("received at "+quoted, document(400+i, `,"pipeline":{"received_at":`+quoted+`}`))
		records["deletion at "+quoted] = &kgo.Record{Topic: topic.Enriched, Key: []byte("2060000000000000700"), Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte(at)}}}
	}
	for i, key := range []string{"", "\x00", "-1", "99999999999999999999", "9223372036854775807", "1", "at://did:plc:x/app.bsky.feed.post/zzzzzzzzzzzzz", "at://did:plc:x/app.bsky.feed.post/2222222222222", strings.Repeat("9", 600)} {
		records["deletion of "+strconv.Itoa(i)] = &kgo.Record{Topic: topic.Enriched, Key: []byte(key)}
	}
	deep := strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000)
	for i, fields := range []string{
		`,"x":` + deep, `,"text":` + deep, `,"popularity":1e999`, `,"popularity":-1e308`, `,"popularity":"NaN"`, `,"text":7`, `,"text":null`, `,"tweet_id":7`, `,"tweet_id":""`,
		`,"tweet_id":"` + strings.Repeat("9", 513) + `"`, `,"tweet_id":"a\nb"`, `,"tweet_id":"` + "\u202e" + `"`, `,"_id":"1"`, `,"_index":"other"`, `,"@timestamp":null`, `,"":1`, `,".":1`, `,"a.b":1`, `,"a":{"":1}`,
		`,"text":"` + markup + `"`, `,"lang":"` + markup + `"`, `,"lang":"` + strings.Repeat("e", 40_000) + `"`, `,"hashtags":["` + strings.Repeat("h", 40_000) + `"]`, `,"text":"` + "\xff" + `"`,
		`,"text":"` + strings.Repeat("miau ", 400_000) + `"`, `,"teams":[null,7,{}]`, `,"popularity":1` + strings.Repeat("0", 400), `,"indexed_at":"never"`, `,"text":"a","text":"b"`,
		`,"sentiment":{"score":1e400}`, `,"metrics":{"likes":-9223372036854775809}`, `,"deleted_at":"2026-01-01T00:00:00Z"`,
	} {
		add(fmt.Sprintf("field %d %.40q", i, fields), document(500+i, fields))
	}
	for i, value := range []string{"", " ", "null", "7", `""`, "[]", "{}", `{"a":1}`, "{", "\x00", "\xff", deep, document(600, "") + document(601, ""), document(602, "") + "\n" + document(603, ""), "\n" + strings.ReplaceAll(document(604, ""), ",", ",\n") + "\n",
		`{"index":{"_index":"other","_id":"1"}}` + "\n" + `{"x":1}`} {
		add(fmt.Sprintf("value %d %.40q", i, value), value)
	}
	add("headers", document(610, ""), topic.HeaderOriginPartition, "-1", topic.HeaderOriginOffset, "x", topic.HeaderObservedAt, "\x1b[2J", topic.HeaderSource, markup)
	return records
}

// foreignLetters are records of tweets.dlq that nobody of ours has written.
func foreignLetters() []*kgo.Record {
	var letters []*kgo.Record
	values := []string{"", "\x00", "\xff", "-1", "9223372036854775808", markup, "tweets.raw", "<script>", strings.Repeat("x", 100_000), "9999-12-31T23:59:59-23:59"}
	for _, value := range values {
		for _, header := range []string{topic.HeaderErrorStage, topic.HeaderErrorReason, topic.HeaderErrorDetail, topic.HeaderOriginTopic, topic.HeaderOriginPartition,
			topic.HeaderOriginOffset, topic.HeaderObservedAt, topic.HeaderSource, topic.HeaderRedriveOf, topic.HeaderRedriveAttempt, topic.HeaderRedrivenAt} {
			letters = append(letters, &kgo.Record{Topic: topic.DeadLetter, Value: []byte(value), Headers: []kgo.RecordHeader{{Key: header, Value: []byte(value)}}})
		}
	}
	letters = append(letters, &kgo.Record{Topic: topic.DeadLetter, Timestamp: time.UnixMilli(-5)}, &kgo.Record{Topic: topic.DeadLetter})
	return letters
}

func TestForeignRecordsInTheOtherTopicsHoldUpNothing(t *testing.T) {
	t.Parallel()
	p := startPipeline(t)
	records := foreignRecords()
	all := foreignLetters()
	for _, name := range slices.Sorted(maps.Keys(records)) {
		all = append(all, records[name])
	}
	// What comes behind all of it is served all the same.
	all = append(all, &kgo.Record{Topic: topic.Enriched, Key: []byte("2060000000000000790"), Value: []byte(document(790, ""))})
	client := kafkatest.Client(t, p.kafka, kgo.ProducerBatchMaxBytes(topic.MaxRecordBytes), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	for _, r := range all {
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	p.awaitStored(t)
	if n := p.found(t, "tweets", "tweet_id:2060000000000000790"); n != 1 {
		t.Errorf("the last post is in the index %d times", n)
	}
	p.archiveHoldsAll(t)
	p.logIsLines(t)
	p.pageIsHarmless(t)
	// Every record is a dead letter that names it, or the index has what it tells of.
	refused := map[string]bool{}
	for _, r := range kafkatest.ReadAll(t, p.kafka, topic.DeadLetter) {
		if at, err := delivery.Origin(r); err == nil {
			refused[at.String()] = true
		}
	}
	ids := map[string]bool{}
	for _, r := range kafkatest.ReadAll(t, p.kafka, topic.Enriched) {
		var d struct {
			ID string `json:"tweet_id"`
		}
		switch err := json.Unmarshal(r.Value, &d); {
		case refused[place(topic.Enriched, r.Partition, r.Offset)]:
		case r.Value == nil:
			ids[string(r.Key)] = true
		case err != nil || d.ID == "":
			t.Errorf("%.80q is neither a dead letter nor a document: %v", r.Value, err)
		default:
			ids[d.ID] = true
		}
	}
	if n := p.found(t, "tweets-*", "*"); n != len(ids) || len(refused) == 0 {
		t.Errorf("the index has %d documents of %d, beside %d dead letters", n, len(ids), len(refused))
	}
	for _, index := range p.indices(t) {
		if month, ok := strings.CutPrefix(index, "tweets-"); ok && (month < "2006.03" || month > "2099.12") {
			t.Errorf("there is an index of a time in which there were no posts: %s", index)
		}
	}
}
