package xstream

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/ingest/window"
	"catsvdogs/services/pipeline/tweet"
)

// madeLine is a line of about 1.5 KB with the fields that the stream is asked for.
func madeLine(id uint64) string {
	return fmt.Sprintf(`{"data":{"attachments":{"media_keys":["3_%[1]d"]},"author_id":"99","conversation_id":"%[1]d","created_at":"2026-08-23T12:00:00.000Z","edit_history_tweet_ids":["%[1]d"],`+
		`"entities":{"hashtags":[{"start":0,"end":4,"tag":"cat"},{"start":5,"end":11,"tag":"kitten"}],"urls":[{"start":12,"end":35,"url":"https://t.example/abc","expanded_url":"https://example.org/made-up/%[1]d","display_url":"example.org/made-up","media_key":"3_%[1]d"}]},`+
		`"id":"%[1]d","lang":"en","possibly_sensitive":false,"public_metrics":{"retweet_count":0,"reply_count":0,"like_count":0,"quote_count":0,"bookmark_count":0,"impression_count":0},"text":"#cat #kitten %[2]s"},`+
		`"includes":{"media":[{"media_key":"3_%[1]d","type":"photo","url":"https://example.org/%[1]d.jpg","width":1200,"height":800,"alt_text":"%[2]s"}]},"matching_rules":[{"id":"1273026480692322304","tag":"cats with images"}]}`+"\r\n",
		id, strings.Repeat("a made-up post ", 18))
}

// BenchmarkFromSocketToDeliveredRecord reads distinct posts from a TCP connection; an operation is a post.
func BenchmarkFromSocketToDeliveredRecord(b *testing.B) {
	const batch = 64
	first := firstID(time.Now())
	head := formatID(first)[:11]
	b.SetBytes(int64(len(madeLine(first))))
	var text []byte
	for n := range batch {
		text = append(text, madeLine(first+uint64(n))...)
	}
	// Each id begins with these digits, and ids of their own are written over them: to make each line anew would be
	// measured as well.
	var ids []int
	for at := 0; ; at += len(head) {
		n := strings.Index(string(text[at:]), head)
		if n < 0 {
			break
		}
		at += n
		ids = append(ids, at)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+rulesPath, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data":[{"id":"1","value":"#cat has:images","tag":"cats with images"}],"meta":{}}`))
	})
	mux.HandleFunc("GET "+streamPath, func(w http.ResponseWriter, r *http.Request) {
		for n := 10_000_000_000; r.Context().Err() == nil; n++ {
			own := strconv.AppendInt(nil, int64(n), 10)
			for _, at := range ids {
				copy(text[at:], own)
			}
			if _, err := w.Write(text); err != nil {
				return
			}
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	seen, err := window.New(1 << 17)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	stream := New(Options{
		URL: base, Token: testToken, Rules: []Rule{{Value: "#cat has:images", Tag: "cats with images"}}, StallTimeout: 20 * time.Second,
		Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(), Seen: seen.Seen,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	})
	b.ReportAllocs()
	b.ResetTimer()
	left := b.N
	if err := stream.Run(ctx, func(context.Context, tweet.Raw) {
		if left--; left == 0 {
			b.StopTimer()
			cancel()
		}
	}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
}
