package hostile

import (
	"encoding/json"
	"maps"
	"net/url"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

// most is what everything in this process may hold at any time, the embedded servers and the test's own records included.
const most = 1 << 30

func TestWhateverIsInTweetsRawBecomesADocumentOrADeadLetter(t *testing.T) {
	t.Parallel()
	held := watchMemory(t)
	p := startPipeline(t)
	records := hostileRecords()
	names := slices.Sorted(maps.Keys(records))
	client := kafkatest.Client(t, p.kafka, kgo.ProducerBatchMaxBytes(topic.MaxRecordBytes), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	nameOf := map[string]string{}
	for i, name := range names {
		r := records[name]
		r.Partition = int32(i % 2)
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		nameOf[place(topic.Raw, r.Partition, r.Offset)] = name
	}
	// What comes behind all of it is served all the same.
	last := &kgo.Record{Topic: topic.Raw, Value: []byte(line(90, "the last #Cat", "")), Key: []byte("2060000000000000090"), Headers: records["markup"].Headers}
	if err := client.ProduceSync(t.Context(), last).FirstErr(); err != nil {
		t.Fatal(err)
	}
	nameOf[place(topic.Raw, last.Partition, last.Offset)] = "the last"
	p.awaitStored(t)

	f := p.fates(t)
	for at, name := range nameOf {
		if n := f.documents[at] + f.letters[at]; n != 1 {
			t.Errorf("%s (%s) became %d documents and %d dead letters", name, at, f.documents[at], f.letters[at])
		}
		if f.reasons[at] == "internal" {
			t.Errorf("%s is refused for a defect of ours", name)
		}
	}
	if len(f.documents)+len(f.letters) != len(nameOf) {
		t.Errorf("%d records became %d documents and %d dead letters", len(nameOf), len(f.documents), len(f.letters))
	}
	if n := p.found(t, "dead-letters", "*"); n != len(f.letters) {
		t.Errorf("the index explains %d of %d dead letters", n, len(f.letters))
	}
	if n := p.found(t, "tweets", "tweet_id:2060000000000000090"); n != 1 {
		t.Errorf("the last post is in the index %d times", n)
	}
	p.archiveHoldsAll(t)
	p.balances(t)
	p.logIsLines(t)
	p.pageIsHarmless(t)
	p.linksAreOurs(t)
	held(t)
}

func (p *pipeline) pageIsHarmless(t *testing.T) {
	t.Helper()
	header, body := get(t, p.page+"/api/v1/contest")
	if !json.Valid(body) || !strings.HasPrefix(header.Get("Content-Type"), "application/json") || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the numbers come as %v", header)
	}
	header, body = get(t, p.page+"/")
	if policy := header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the page may do what it likes: %s", policy)
	}
	if strings.Contains(string(body), "stolen") {
		t.Error("the text of a post stands in the page's source")
	}
}

// linksAreOurs looks at the one field that Kibana makes a link of.
func (p *pipeline) linksAreOurs(t *testing.T) {
	t.Helper()
	linked := map[string]int{}
	for _, r := range kafkatest.ReadAll(t, p.kafka, topic.Enriched) {
		var d struct{ URL string }
		if err := json.Unmarshal(r.Value, &d); r.Value != nil && err != nil {
			t.Errorf("%.80q is no document: %v", r.Value, err)
		}
		if d.URL == "" {
			continue
		}
		u, err := url.Parse(d.URL)
		if err != nil || u.Scheme != "https" || u.Host != "x.com" && u.Host != "bsky.app" || path.Clean(u.Path) != u.Path || strings.ContainsAny(d.URL, "<>\"' \\") {
			t.Errorf("a post links to %q", d.URL)
			continue
		}
		linked[u.Host]++
	}
	if len(linked) != 2 {
		t.Errorf("of both sources there should be links, and there are %v", linked)
	}
}

// watchMemory measures what is held until the test asks.
func watchMemory(t *testing.T) (held func(*testing.T)) {
	t.Helper()
	stop := make(chan struct{})
	var watching sync.WaitGroup
	var peak uint64
	watching.Go(func() {
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	end := sync.OnceFunc(func() { close(stop); watching.Wait() })
	t.Cleanup(end)
	return func(t *testing.T) {
		t.Helper()
		end()
		t.Logf("at most %d MiB were held", peak>>20)
		if peak > most {
			t.Errorf("%d MiB were held, more than %d", peak>>20, most>>20)
		}
	}
}
