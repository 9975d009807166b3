package redrive

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

func TestOnlyWhatIsSelectedGoesBack(t *testing.T) {
	t.Parallel()
	all := []buried{
		{rawPost(0, 0), delivery.StageEnricher, "internal", noon},
		{rawPost(1, 1), delivery.StageEnricher, "unknown_schema", noon.Add(time.Hour)},
		{rawPost(2, 0), delivery.StageEnricher, "internal", noon.Add(2 * time.Hour)},
		{rawPost(3, 1), delivery.StageSinkIndex, "internal", noon.Add(2 * time.Hour)},
		{rawPost(4, 0), delivery.StageEnricher, "gap_not_filled", noon.Add(time.Hour)},
		{rawPost(5, 1), delivery.StageEnricher, "line_too_long", noon.Add(time.Hour)},
	}
	for name, test := range map[string]struct {
		change func(*Config)
		want   []int
	}{
		"all":               {func(*Config) {}, []int{0, 1, 2, 3}},
		"a reason":          {func(c *Config) { c.All, c.Reason = false, []string{"unknown_schema"} }, []int{1}},
		"two reasons":       {func(c *Config) { c.All, c.Reason = false, []string{"unknown_schema", "internal"} }, []int{0, 1, 2, 3}},
		"no such reason":    {func(c *Config) { c.All, c.Reason = false, []string{"nothing"} }, nil},
		"a hopeless reason": {func(c *Config) { c.All, c.Reason = false, []string{"gap_not_filled"} }, []int{4}},
		"a stage":           {func(c *Config) { c.All, c.Stage = false, []string{delivery.StageSinkIndex} }, []int{3}},
		"from":              {func(c *Config) { c.All, c.From = false, "2026-06-03T13:00:00Z" }, []int{1, 2, 3}},
		"to":                {func(c *Config) { c.All, c.To = false, "2026-06-03T13:00:00Z" }, []int{0}},
		"an hour":           {func(c *Config) { c.All, c.From, c.To = false, "2026-06-03T13:00:00Z", "2026-06-03T14:00:00Z" }, []int{1}},
		"another day":       {func(c *Config) { c.All, c.From = false, "2026-06-04" }, nil},
		"reason and stage": {func(c *Config) {
			c.All, c.Reason, c.Stage = false, []string{"internal"}, []string{delivery.StageEnricher}
		}, []int{0, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, kafka := kafkatest.Start(t, 2)
			bury(t, kafka, all...)
			p := mustRedrive(t, kafka, test.change)
			var want []*kgo.Record
			for _, i := range test.want {
				want = append(want, all[i].origin)
			}
			checkBack(t, kafka, topic.Raw, want...)
			if want := (row{letters: 6, selected: len(want), back: len(want)}); p.total() != want {
				t.Errorf("it counts %+v, want %+v", p.total(), want)
			}
		})
	}
}

func TestADryRunSaysWhatWouldBeAndChangesNothing(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 3)
	bury(t, kafka, letters(700, 3)...)
	before := ends(t, kafka)
	dry := mustRedrive(t, kafka, func(c *Config) { c.DryRun = true })
	if diff := cmp.Diff(before, ends(t, kafka)); diff != "" {
		t.Errorf("it has written: %s", diff)
	}
	dry.says(t, "would go back")
	real := mustRedrive(t, kafka, nil)
	if want := (row{letters: 700, selected: 700, back: 700}); dry.total() != want || real.total() != want {
		t.Errorf("it said %+v and did %+v, want %+v", dry.total(), real.total(), want)
	}
}

func TestTheSecondRunFindsNothingToDo(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 3)
	all := letters(1300, 3)
	bury(t, kafka, all[:1200]...)
	mustRedrive(t, kafka, nil)
	before := ends(t, kafka)
	p := mustRedrive(t, kafka, nil)
	if want := (row{letters: 1200, selected: 1200, already: 1200}); p.total() != want {
		t.Errorf("it counts %+v, want %+v", p.total(), want)
	}
	p.says(t, "2400 records, 1200 dead letters and 1200 resolutions")
	if diff := cmp.Diff(before, ends(t, kafka)); diff != "" {
		t.Errorf("it has written: %s", diff)
	}
	bury(t, kafka, all[1200:]...)
	if p := mustRedrive(t, kafka, nil); p.total() != (row{letters: 1300, selected: 1300, already: 1200, back: 100}) {
		t.Errorf("of what came later it counts %+v", p.total())
	}
	checkBack(t, kafka, topic.Raw, origins(all)...)
}

func TestARecordComesBackByteForByteWhereItWas(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 3)
	all := []buried{
		{&kgo.Record{Topic: topic.Raw, Partition: 2, Value: []byte("\xff no key"), Headers: []kgo.RecordHeader{{Key: "\xfe", Value: []byte{0}}, {Key: "error_stage", Value: []byte("mine")}}}, delivery.StageEnricher, "invalid_json", noon},
		{&kgo.Record{Topic: topic.Raw, Partition: 2, Value: []byte("\xff no key either")}, delivery.StageEnricher, "invalid_json", noon},
		{&kgo.Record{Topic: topic.Raw, Partition: 1, Key: []byte{}, Value: bytes.Repeat([]byte("large"), 200_000)}, delivery.StageEnricher, "invalid_json", noon},
		{&kgo.Record{Topic: topic.Enriched, Partition: 0, Key: []byte("2060000000000000001")}, delivery.StageSinkIndex, "invalid_deletion", noon},
	}
	for i := range 8 { // more than a transaction's bytes of one key
		all = append(all, buried{&kgo.Record{Topic: topic.Raw, Partition: 1, Key: []byte("k"), Value: bytes.Repeat([]byte{byte(i)}, 900_000)}, delivery.StageEnricher, "internal", noon})
	}
	bury(t, kafka, all...)
	mustRedrive(t, kafka, nil)
	records := origins(all)
	checkBack(t, kafka, topic.Enriched, records[3])
	checkBack(t, kafka, topic.Raw, append(records[:3:3], records[4:]...)...)
	if got := kafkatest.ReadAll(t, kafka, topic.Enriched)[0]; got.Value != nil {
		t.Errorf("a deletion has become one of %q", got.Value)
	}
}

func TestAPartitionThatIsNoMoreIsReplacedByTheKeys(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 4)
	var records []*kgo.Record
	for i := range 50 {
		r := delivery.DeadLetter(rawPost(i, 11), delivery.StageEnricher, &delivery.Refusal{Reason: "internal"})
		r.Partition = int32(i) % 4
		records = append(records, r)
	}
	write(t, kafka, records...)
	mustRedrive(t, kafka, nil)
	got := map[string]int32{}
	for _, r := range kafkatest.ReadAll(t, kafka, topic.Raw) {
		got[string(r.Key)] = r.Partition
	}
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Enriched)) // as every producer does
	for _, r := range records {
		sent, err := cl.ProduceSync(t.Context(), &kgo.Record{Key: r.Key}).First()
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := got[string(r.Key)]; !ok || p != sent.Partition {
			t.Errorf("%s is in partition %d, want %d", r.Key, p, sent.Partition)
		}
	}
}

func TestWhatCannotGoBackIsCountedAndLeft(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	bury(t, kafka, buried{rawPost(0, 0), delivery.StageEnricher, "internal", noon})
	hostile := func(change func(*kgo.Record)) *kgo.Record {
		r := delivery.DeadLetter(rawPost(1, 0), delivery.StageEnricher, &delivery.Refusal{Reason: "internal"})
		change(r)
		return r
	}
	header := func(name, value string) *kgo.Record {
		return hostile(func(r *kgo.Record) {
			for i := range r.Headers {
				if r.Headers[i].Key == name {
					r.Headers[i].Value = []byte(value)
				}
			}
		})
	}
	resolution := delivery.Resolution(hostile(func(*kgo.Record) {}), noon)
	resolution.Headers[len(resolution.Headers)-1].Value = []byte("tweets.dlq/0/99") // of one that is not before it
	write(t, kafka,
		&kgo.Record{Value: []byte("from somebody else")}, &kgo.Record{}, resolution,
		header("origin_topic", "payments"), header("origin_topic", topic.DeadLetter),
		header("origin_partition", "2147483648"), header("origin_offset", "-1"),
		hostile(func(r *kgo.Record) { r.Headers[len(r.Headers)-3].Value, r.Key = []byte(topic.Enriched), nil }),
		header("error_reason", "\x1b[2J Broken!"),
	)
	p := mustRedrive(t, kafka, nil)
	want := map[string]row{
		"internal":  {letters: 6, selected: 6, back: 1, unusable: 5},
		"(none)":    {letters: 3, selected: 3, unusable: 3},
		"(invalid)": {letters: 1, selected: 1, back: 1},
		"total":     {letters: 10, selected: 10, back: 2, unusable: 8},
	}
	if diff := cmp.Diff(want, p.rows, cmp.AllowUnexported(row{})); diff != "" {
		t.Error(diff)
	}
	for _, line := range []string{"3, not a dead letter", "2, foreign origin", "2, invalid origin", "1, no key for a compacted topic"} {
		p.says(t, "not redrivable, left: "+line+"\n")
	}
	if strings.Contains(p.text, "\x1b") {
		t.Error("a header reaches the terminal")
	}
	checkBack(t, kafka, topic.Raw, rawPost(0, 0), rawPost(1, 0))
}

func TestARateSpreadsRecordsOverTime(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	bury(t, kafka, letters(50, 1)...)
	began := time.Now()
	p := mustRedrive(t, kafka, func(c *Config) { c.Rate = 20 })
	// 20 at once, 20 a second later, 10 after another.
	if took := time.Since(began); took < 2*time.Second || p.total().back != 50 {
		t.Errorf("%d went back in %s", p.total().back, took)
	}
}
