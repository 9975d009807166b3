package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/ingest/line"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/jetstreamtest"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/traceparent"
	"catsvdogs/services/pipeline/tweet"
)

func fileConfig(kafka broker.Config, file string) Config {
	return Config{
		Kafka: kafka, Telemetry: telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.DiscardHandler))}, Contest: shippedContest,
		Source: sourceFile, File: file, FileSource: tweet.SourceSimulator, StallTimeout: minStall, BufferBytes: minBufferBytes,
	}
}

func writeFile(t *testing.T, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "posts.ndjson")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const withPhoto = `"attachments":{"media_keys":["3_1"]}},"includes":{"media":[{"media_key":"3_1","type":"photo"}]}`

func TestAFileIsReadToItsEndAndWhatMatchesIsWritten(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	long := `{"data":{"id":"1000004","text":"` + strings.Repeat("x", topic.MaxLineBytes) + `"}}`
	lines := []string{
		made(1, 0), "", "  ", "{broken",
		`{"data":{"id":"1000002","edit_history_tweet_ids":["1000001","1000002"],"text":"#Cat","entities":{"hashtags":[{"tag":"Cat"}]},` + withPhoto + `}`,
		`{"data":{"id":"1000003","text":"#horse","entities":{"hashtags":[{"tag":"horse"}]},` + withPhoto + `}`,
		long, `{"errors":[{"title":"operational-disconnect"}]}`,
		`{"data":{"id":"1000005","text":"#dog","entities":{"hashtags":[{"tag":"dog"}]},` + withPhoto + `}`, // and no line end
	}
	if err := Run(t.Context(), fileConfig(kafka, writeFile(t, lines...))); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range kafkatest.ReadAll(t, kafka, topic.Raw) {
		raw := parsed(t, r)
		if raw.Source != tweet.SourceSimulator || raw.Schema != tweet.SchemaX || raw.Kind != tweet.KindStream {
			t.Errorf("record %+v", raw)
		}
		text := fmt.Sprintf("%s truncated=%t", raw.Key, raw.Truncated != nil)
		for _, m := range raw.MatchedRules {
			text += " " + m.Tag
		}
		got[string(raw.Value)] = text
	}
	want := map[string]string{
		lines[0]: "1000001 truncated=false", lines[2]: " truncated=false", lines[3]: " truncated=false",
		lines[4]: "1000001 truncated=false cats with images", long[:line.KeptBytes]: " truncated=true", lines[7]: " truncated=false",
		lines[8]: "1000005 truncated=false dogs with images",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%.4000s", diff)
	}
}

func TestTheEndOfAFileWaitsUntilEverythingIsAcknowledged(t *testing.T) {
	t.Parallel()
	c, kafka := kafkatest.Start(t, partitions)
	var attempts atomic.Int32
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return nil, errors.New("cut"), attempts.Add(1) <= 6 // long after the file has been read
	})
	var lines []string
	for id := range 500 {
		lines = append(lines, made(id, 0))
	}
	if err := Run(t.Context(), fileConfig(kafka, writeFile(t, lines...))); err != nil {
		t.Fatal(err)
	}
	inOrder(t, kafkatest.ReadAll(t, kafka, topic.Raw), 500, 1)
	if attempts.Load() <= 6 {
		t.Error("the broker was never away")
	}
}

func TestAFileThatCannotBeReadIsTold(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	for _, name := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if err := Run(t.Context(), fileConfig(kafka, name)); err == nil || !strings.Contains(err.Error(), "--file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAStopDoesNotWaitForAPipeThatNobodyFills(t *testing.T) {
	t.Parallel()
	in, fill := io.Pipe()
	s := &fileSource{
		open: func() (io.ReadCloser, int64, error) { return in, 0, nil }, logger: slog.New(slog.DiscardHandler), status: func(string) {},
		take: (&xLines{source: tweet.SourceX, traces: traceparent.New()}).take, lines: newMetrics(nil).written,
	}
	ctx, cancel := context.WithCancel(t.Context())
	var got []tweet.Raw
	done := make(chan error, 1)
	go func() {
		done <- s.Run(ctx, func(_ context.Context, r tweet.Raw) {
			got = append(got, r)
			cancel()
		})
	}()
	if _, err := io.WriteString(fill, made(1, 0)+"\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil || len(got) != 1 {
			t.Errorf("%d lines, %v", len(got), err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it still waits")
	}
}

func TestALineIsJudgedAsXWouldHaveDone(t *testing.T) {
	t.Parallel()
	got := readLine([]byte(`{"data":{"id":"12","edit_history_tweet_ids":["11","12"],"text":"short","lang":"en","author_id":"5","in_reply_to_user_id":"6",
		"entities":{"hashtags":[{"tag":"Cat"}],"mentions":[{"username":"Bob"}],"urls":[{"url":"https://t.co/a"}]},"note_tweet":{"text":"long","entities":{"hashtags":[{"tag":"DOG"}]}},
		"attachments":{"media_keys":["7_1","16_1"]},"referenced_tweets":[{"type":"replied_to","id":"8"},{"type":"quoted","id":"9"}]},
		"includes":{"media":[{"media_key":"7_1","type":"video"},{"media_key":"16_1","type":"animated_gif"},{"media_key":"3_9","type":"photo"}],
		"tweets":[{"id":"8","text":"no"},{"id":"9","text":"quoted","attachments":{"media_keys":["3_9"]}}],
		"users":[{"id":"5","username":"Ann","verified":true,"public_metrics":{"followers_count":7}},{"id":"6","username":"Bob"}]}}`))
	want := rule.Post{
		Text: "long", Lang: "en", Hashtags: []string{"cat", "dog"}, Mentions: []string{"bob"}, Author: "ann", AuthorID: "5", InReplyTo: "bob", Followers: 7,
		IsVerified: true, HasVideos: true, HasGIFs: true, HasLinks: true, IsReply: true, IsQuote: true, Bucket: rule.Bucket("11"),
		Quoted: &rule.Post{Text: "quoted", HasImages: true, Bucket: rule.Bucket("9")},
	}
	if diff := cmp.Diff(want, got.post); diff != "" || string(got.key) != "11" || !got.judge {
		t.Errorf("key %s, judge %t\n%s", got.key, got.judge, diff)
	}
	for _, line := range []string{"", "{", "{}", `{"data":{}}`, `{"data":{"delete":{}}}`, `{"delete":{"status":{"id":"x"}}}`, `{"data":{"id":"12"},"matching_rules":[{"id":"1"}]}`} {
		if m := readLine([]byte(line)); m.judge || m.deleted {
			t.Errorf("%s is read as %+v", line, m)
		}
	}
	if m := readLine([]byte(`{"data":{"id":"../etc"}}`)); m.key != nil {
		t.Errorf("key %s", m.key)
	}
}

func TestADeletionInAFileIsPassedOn(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`{"delete":{"status":{"id":1234567890123456789,"id_str":"1234567890123456780","user_id":3}}}`: "1234567890123456780",
		`{"delete":{"status":{"id":1234}}}`:                                          "1234",
		`{"data":{"delete":{"tweet":{"id":"12","author_id":"3"},"event_at":"now"}}}`: "12",
		`{"data":{"delete":{"post":{"id":"12"}}}}`:                                   "12",
	} {
		if m := readLine([]byte(line)); !m.deleted || string(m.key) != want {
			t.Errorf("%s is read as %+v", line, m)
		}
	}
	if m := readLine([]byte(`{"data":{"id":"5"},"delete":{"status":{"id":1234}}}`)); m.deleted || string(m.key) != "5" {
		t.Errorf("a post is read as %+v", m)
	}
	_, kafka := kafkatest.Start(t, partitions)
	if err := Run(t.Context(), fileConfig(kafka, writeFile(t, made(1, 0), `{"delete":{"status":{"id_str":"1000001"}}}`))); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range kafkatest.ReadAll(t, kafka, topic.Raw) {
		raw := parsed(t, r)
		got = append(got, string(raw.Key)+" "+string(raw.Kind))
	}
	if diff := cmp.Diff([]string{"1000001 stream", "1000001 delete"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAFileOfJetstreamsEventsIsReadAsTheStreamIs(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	n := newNetwork()
	var lines []string
	add := func(e jetstreamtest.Event) { lines = append(lines, e.Frame) }
	kept := jetstreamtest.Post(ann, n.tick(), "made up", "cat")
	keptURI := tweet.PostURI(ann, jetstreamtest.Key(n.now))
	add(kept)
	add(kept) // again
	add(jetstreamtest.Post(ann, n.tick(), "made up", "horse"))
	add(jetstreamtest.Post(bob, n.tick(), "made up", "dog"))
	gone := tweet.PostURI(bob, jetstreamtest.Key(n.now))
	add(jetstreamtest.Delete(bob, n.tick(), jetstreamtest.Key(n.now.Add(-time.Second))))
	add(jetstreamtest.Account("did:plc:stranger", n.tick(), false, "deleted"))
	lines = append(lines, "{broken", `{"$type":"error","error":"ConsumerTooSlow"}`)
	first := writeFile(t, lines...)
	run := func(file string) (log string) {
		t.Helper()
		var out syncBuffer
		cfg := fileConfig(kafka, file)
		cfg.Telemetry.Process = telemetry.NewProcess(slog.New(slog.NewTextHandler(&out, nil)))
		cfg.FileSource = tweet.SourceBluesky
		if err := Run(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if log := run(first); !strings.Contains(log, "lines=8 delivered=5 passed_over=3") {
		t.Errorf("the log does not tell what became of the lines:\n%s", log)
	}
	// What an earlier file has brought can be deleted by a later one.
	run(writeFile(t, jetstreamtest.Account(ann, n.tick(), false, "takendown").Frame))
	want := map[string]string{
		keptURI: cat + "delete;", gone: dog + "delete;", "": "stream;stream;",
	}
	if diff := cmp.Diff(want, summary(t, kafka)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
