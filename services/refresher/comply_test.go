package refresher

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/simulator"
	"catsvdogs/services/sink/archive/suppression"
)

// archive puts the records of tweets.raw into a store as the archiver does, an object for each partition, and lists the
// deletions among them.
func (w *world) archive(client *minio.Client, bucket string) {
	w.t.Helper()
	objects, lists := map[int32]*bytes.Buffer{}, map[int32][]byte{}
	of := map[int32]archived.Object{}
	for _, r := range kafkatest.ReadAll(w.t, w.kafka, topic.Raw) {
		if objects[r.Partition] == nil {
			of[r.Partition], objects[r.Partition] = archived.ObjectOf(r, archived.Zstd), &bytes.Buffer{}
		}
		objects[r.Partition].Write(archived.AppendLine(nil, r))
		w.list(lists, r)
	}
	for p, lines := range objects {
		w.put(client, bucket, of[p].Name(), packed(w.t, of[p].Format, lines.Bytes()))
		if len(lists[p]) > 0 {
			w.put(client, bucket, of[p].SuppressedName(), lists[p])
		}
	}
}

func (w *world) list(lists map[int32][]byte, r *kgo.Record) {
	w.t.Helper()
	if e, deleted := suppression.Of(r); deleted {
		var err error
		if lists[r.Partition], err = e.Append(lists[r.Partition]); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) put(client *minio.Client, bucket, name string, content []byte) {
	w.t.Helper()
	if _, err := client.PutObject(w.t.Context(), bucket, name, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

func TestPostsOfTheArchiveThatAreGoneAreFoundByAComplianceJobOnce(t *testing.T) {
	t.Parallel()
	const count = 150
	w := startWorld(t, simulator.Config{Rate: 100, Posts: count, HalfLife: time.Second, Deleted: 0.2, Protected: 0.1, ComplianceTakes: time.Second}, spend.Config{}, 100*time.Hour)
	server, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	reads := &reads{}
	access, secret := server.Credentials()
	w.cfg.Compliance = ComplianceConfig{ComplianceEvery: 3 * time.Second, ComplianceIDs: 60, ComplianceMemory: 1 << 20, MinAge: time.Millisecond, S3: objectstore.Config{
		S3Endpoint: reads.before(t, server.URL()), S3Bucket: "archive", S3Region: "us-east-1", S3AccessKey: access, S3SecretKey: config.Secret(secret),
	}}
	client, err := objectstore.Connect(w.cfg.Compliance.S3)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.MakeBucket(t.Context(), "archive", minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "all posts are delivered", func() bool { return len(w.raw()) >= count })
	settled := time.NewTimer(6 * time.Second) // half-lives, after which next to none goes any more
	<-settled.C
	w.archive(client, "archive")
	broken := archived.ObjectOf(&kgo.Record{Topic: topic.Raw, Partition: 1, Offset: 1 << 40, Timestamp: time.Now()}, archived.Zstd)
	w.put(client, "archive", broken.Name(), []byte("no archive"))
	r := w.refresher(w.cfg)
	gone := func() (n, wrong int) {
		posts := w.raw()
		var keys []string
		for key := range posts {
			keys = append(keys, key)
		}
		for key, st := range w.standings(keys) {
			if st.Gone {
				n++
			}
			if deleted := len(posts[key].deletions) > 0; deleted != st.Gone {
				wrong++
			}
		}
		return n, wrong
	}
	eventually(t, 60*time.Second, "all that is gone is deleted", func() bool { n, wrong := gone(); return n > count/8 && wrong == 0 })
	w.archive(client, "archive") // with the deletions
	rounds := func() int { return strings.Count(w.log.String(), "X has told which posts of the archive are gone") }
	before := rounds()
	eventually(t, 60*time.Second, "another round has ended", func() bool { return rounds() > before+4 })
	reads.check(t, broken.Name())
	if r.sum(t, "compliance_unreadable_total", "") == 0 || r.sum(t, "compliance_finished_timestamp_seconds", "") == 0 {
		t.Error("the broken object was not counted, or no round has ended")
	}
	r.stop(t)
	n, _ := gone()
	again := 0
	for key, h := range w.raw() {
		if len(h.deletions) > 2 { // the first rounds may overlap with the archive
			again++
			t.Errorf("post %s is deleted again and again: %v", key, h.deletions)
		}
	}
	t.Logf("%d of %d posts are gone, %d were deleted again", n, count, again)
}

// reads counts how often each object of the archive is read.
type reads struct {
	mu sync.Mutex
	of map[string]int
}

// before returns the address of a server that passes everything on to the one at the given address.
func (r *reads) before(t *testing.T, to string) string {
	t.Helper()
	r.of = map[string]int{}
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(target)
		p.Out.Host = p.In.Host // it is signed
		if object, ok := strings.CutPrefix(p.In.URL.Path, "/archive/"+topic.Raw+"/"); ok && p.In.Method == http.MethodGet && object != "" {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.of[topic.Raw+"/"+object]++
		}
	}})
	t.Cleanup(server.Close)
	return server.URL
}

// check wants each object to have been read once for each time that it was written, but for the broken one.
func (r *reads) check(t *testing.T, broken string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of[broken] < 2 || len(r.of) < 4 {
		t.Errorf("read were %v", r.of)
	}
	for object, times := range r.of {
		if object != broken && times != 1 {
			t.Errorf("%s was read %d times", object, times)
		}
	}
}

// packed packs lines as the archive does.
func packed(t *testing.T, f archived.Format, lines []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	p, err := f.NewPacker(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(lines); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
