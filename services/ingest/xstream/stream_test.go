package xstream

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"catsvdogs/services/ingest/line"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
)

const post = `{"data":{"id":"1234567890","text":"a made-up cat","edit_history_tweet_ids":["1234567890"]},"matching_rules":[{"id":"1","tag":"cats with images"}]}`

func TestLinesAreHandedOutByteForByteAndKeepAlivesAreNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := []string{post, "{broken", "\xff\xfe", ` {"kind":"of a later day"} `}
		x := newScriptedX(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Server", "catsvdogs-simulator/1")
			send(w, "\r\n"+strings.Join(sent, "\r\n\r\n")+"\n")
			<-r.Context().Done()
		})
		r := read(t, x, nil)
		after(t, time.Second)
		if diff := cmp.Diff(sent, r.lines()); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
		rec := r.records[0]
		if string(rec.Key) != "1234567890" || rec.Source != tweet.SourceSimulator || rec.Schema != tweet.SchemaX || rec.Kind != tweet.KindStream ||
			!rec.ObservedAt.Equal(x.connects[0]) || len(rec.Traceparent) != 55 {
			t.Errorf("record: %+v", rec)
		}
		if r.records[1].Key != nil {
			t.Errorf("a broken line has the key %q", r.records[1].Key)
		}
		if r.records[1].Traceparent == rec.Traceparent {
			t.Error("two records share a trace")
		}
		if got := testutil.ToFloat64(r.stream.metrics.keepAlives); got != 4 {
			t.Errorf("%v keep-alives were counted, not 4", got)
		}
	})
}

func TestASilentConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stream func(int, http.ResponseWriter, *http.Request)
		kind   xapi.Kind
		want   time.Duration // until the second connect
	}{
		"after some lines": {func(_ int, w http.ResponseWriter, r *http.Request) {
			send(w, "\r\n")
			<-time.After(5 * time.Second)
			send(w, post+"\r\n")
			<-r.Context().Done()
		}, Stalled, 26 * time.Second},
		"from the first moment": {hold, Stalled, 21 * time.Second},
		"in the middle of a line": {func(_ int, w http.ResponseWriter, r *http.Request) {
			send(w, `{"data":`)
			<-r.Context().Done()
		}, Stalled, 21 * time.Second},
		"before an answer": {func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, xapi.Network, 21*time.Second + networkStep},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newScriptedX(t, c.stream)
				r := read(t, x, nil)
				after(t, c.want)
				if len(x.connects) != 2 || x.connects[1].Sub(x.connects[0]) != c.want {
					t.Errorf("connects at %v, want the second after %s", x.connects, c.want)
				}
				if got := testutil.ToFloat64(r.stream.metrics.reconnects.WithLabelValues(string(c.kind))); got != 1 {
					t.Errorf("%v reconnects for %s", got, c.kind)
				}
			})
		})
	}
}

func TestKeepAlivesKeepAStreamWithoutPosts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			ticker := time.NewTicker(20500 * time.Millisecond) // late, as they are
			defer ticker.Stop()
			for {
				select {
				case <-ticker.C:
					send(w, "\r\n")
				case <-r.Context().Done():
					return
				}
			}
		})
		read(t, x, nil)
		after(t, time.Hour)
		if len(x.connects) != 1 {
			t.Errorf("connected %d times", len(x.connects))
		}
	})
}

func TestWaitingForRoomIsNotTakenForSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			send(w, post+"\r\n")
			<-r.Context().Done()
		})
		read(t, x, func() { <-time.After(10 * time.Minute) })
		after(t, 10*time.Minute+10*time.Second) // a watch that ran meanwhile would show when reading goes on
		if len(x.connects) != 1 {
			t.Errorf("connected %d times while the reader was held back", len(x.connects))
		}
	})
}

func TestAStreamThatHasWorkedIsReconnectedAtOnceEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			for range 2 {
				send(w, post+"\r\n")
				select {
				case <-time.After(15 * time.Second):
				case <-r.Context().Done():
				}
			}
		})
		read(t, x, nil)
		after(t, 5*30*time.Second)
		if len(x.connects) != 6 {
			t.Errorf("connected %d times in 150 s, want 6", len(x.connects))
		}
	})
}

func TestAConnectionCutInTheMiddleOfALineKeepsWhatCame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, func(n int, w http.ResponseWriter, r *http.Request) {
			if n > 0 {
				hold(n, w, r)
				return
			}
			send(w, post+"\r\n"+post[:40])
			panic(http.ErrAbortHandler)
		})
		r := read(t, x, nil)
		after(t, time.Second)
		if diff := cmp.Diff([]string{post, post[:40]}, r.lines()); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
		if len(x.connects) != 2 || !x.connects[0].Equal(x.connects[1]) {
			t.Errorf("connects at %v, want two at once", x.connects)
		}
	})
}

func TestAStopKeepsWhatCameAndDropsTheLineItCuts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			send(w, post+"\r\n"+post+"\r\n"+post[:40])
			<-r.Context().Done()
		})
		r := read(t, x, func() { <-time.After(time.Second) })
		after(t, time.Millisecond) // the first is being handed out, the others wait in memory
		if err := r.stop(); err != nil {
			t.Errorf("stopped with %v", err)
		}
		if diff := cmp.Diff([]string{post, post}, r.lines()); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
	})
}

func TestAnErrorInTheStreamIsActedUponAndNotHandedOut(t *testing.T) {
	t.Parallel()
	for text, label := range map[string]string{
		`{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect","detail":"This stream has been disconnected upstream for operational reasons.","type":"https://api.x.com/2/problems/operational-disconnect"}]}`: "UpstreamOperationalDisconnect",
		`{"errors":[{"title":"operational-disconnect","disconnect_type":"OperationalDisconnect","type":"https://api.twitter.com/2/problems/operational-disconnect"}]}`:                                                                                  "OperationalDisconnect",
		`{"errors":[{"disconnect_type":"SlowReader"}],"data":null}`:                                                                           "SlowReader",
		`{"errors":[{"disconnect_type":"Invented\nToday","status":"x"}]}`:                                                                     "other",
		`{"title":"operational-disconnect","disconnect_type":"ForceDisconnect","type":"https://api.x.com/2/problems/operational-disconnect"}`: "ForceDisconnect",
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newScriptedX(t, func(n int, w http.ResponseWriter, r *http.Request) {
					send(w, post+"\r\n")
					if n == 0 {
						send(w, text+"\r\n")
					}
					<-r.Context().Done()
				})
				r := read(t, x, nil)
				after(t, time.Second)
				if diff := cmp.Diff([]string{post, post}, r.lines()); diff != "" {
					t.Errorf("lines (-want +got):\n%s", diff)
				}
				if len(x.connects) != 2 {
					t.Errorf("connected %d times", len(x.connects))
				}
				if got := testutil.ToFloat64(r.stream.metrics.streamErrors.WithLabelValues(label)); got != 1 {
					t.Errorf("%v errors counted as %s", got, label)
				}
			})
		})
	}
}

func TestALineOverTheLimitIsCutAndDescribed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("m", topic.MaxLineBytes+1)
		x := newScriptedX(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			send(w, long+"\r\n"+post+"\r\n")
			<-r.Context().Done()
		})
		r := read(t, x, nil)
		after(t, time.Second)
		if len(r.records) != 2 {
			t.Fatalf("%d records", len(r.records))
		}
		if rec := r.records[0]; len(rec.Value) != line.KeptBytes || rec.Truncated == nil || rec.Truncated.Length != int64(len(long)) || len(rec.Truncated.SHA256) != 64 {
			t.Errorf("%d bytes kept, truncation %+v", len(rec.Value), rec.Truncated)
		}
		if r.lines()[1] != post {
			t.Error("the line after it is not whole")
		}
	})
}

func TestRefusalsThatOnlyAPersonCanMendEndTheStream(t *testing.T) {
	t.Parallel()
	for status, c := range map[int]struct{ body, says string }{
		401: {`{"type":"about:blank","title":"Unauthorized","detail":"Unauthorized","status":401}`, "check that the bearer token"},
		403: {`{"title":"Client Forbidden","reason":"client-not-enrolled","registration_url":"https://developer.x.com/"}`, "client-not-enrolled"},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newScriptedX(t, refuse(status, c.body))
				r := read(t, x, nil)
				<-r.done // by itself
				var f *Failure
				if err := r.stop(); !errors.As(err, &f) || f.Status != status || !isFinal(f) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("ended with %v", err)
				}
				if len(x.connects) != 1 {
					t.Errorf("tried %d times", len(x.connects))
				}
			})
		})
	}
}

func TestTheTokenIsNeverShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// A server that sends back what it got, wherever a text can stand.
		echo := fmt.Sprintf(`{"title":%[1]q,"detail":%[1]q,"type":%[1]q,"reason":%[1]q,"errors":[{"message":%[1]q,"disconnect_type":%[1]q,"details":[%[1]q]}]}`, testToken)
		x := newScriptedX(t, func(n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 0:
				refuse(503, echo)(n, w, r)
			case 1:
				refuse(302, testToken, "Location", "https://"+strings.ReplaceAll(testToken, "%2F", "")+"/")(n, w, r)
			case 2:
				send(w, echo+"\r\n")
			case 3:
				c, _, _ := w.(http.Hijacker).Hijack()
				_, _ = io.WriteString(c, "HTTP/9 "+testToken+"\r\n\r\n")
				_ = c.Close()
			default:
				refuse(401, echo)(n, w, r)
			}
		})
		x.account = []Rule{{ID: "7", Value: "#" + testToken, Tag: testToken}}
		r := read(t, x, nil)
		<-r.done
		families, err := r.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		shown := fmt.Sprint(r.stop(), r.log.String(), families, r.stream.opts)
		if strings.Contains(shown, testToken) {
			t.Errorf("the token is in what is shown:\n%s", shown)
		}
		if len(x.connects) != 5 || !strings.Contains(shown, "[hidden]") {
			t.Errorf("the test has not seen what it is about: %d connects, %s", len(x.connects), shown)
		}
	})
}

func TestTheConnectRequestIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got strings.Builder
		x := newScriptedX(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(&got, "%s %s %s\n", r.Method, r.URL.Path, r.Proto)
			for _, name := range []string{"expansions", "media.fields", "tweet.fields"} {
				fmt.Fprintf(&got, "%s: %s\n", name, strings.Join(r.URL.Query()[name], " AND "))
			}
			for name, values := range r.URL.Query() {
				if name != "expansions" && !strings.HasSuffix(name, ".fields") {
					fmt.Fprintf(&got, "%s: %s\n", name, values)
				}
			}
			if err := r.Header.WriteSubset(&got, nil); err != nil {
				t.Error(err)
			}
			w.WriteHeader(401)
		})
		r := read(t, x, nil)
		<-r.done
		golden(t, "connect.golden", strings.ReplaceAll(got.String(), "\r", ""))
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatalf("read the golden file: %v; what came:\n%s", err, got)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestAnErrorThatIsNoDisconnectLeavesTheStreamOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			send(w, post+"\r\n"+`{"errors":[{"title":"Not Found Error","type":"https://api.x.com/2/problems/resource-not-found"}]}`+"\r\n"+`{"errors":[17]}`+"\r\n")
			send(w, strings.ReplaceAll(post, "1234567890", "1234567891")+"\r\n")
			<-r.Context().Done()
		})
		r := read(t, x, nil)
		after(t, time.Second)
		if len(r.lines()) != 2 || len(x.connects) != 1 {
			t.Errorf("%d lines by %d connects", len(r.lines()), len(x.connects))
		}
		if got := testutil.ToFloat64(r.stream.metrics.streamErrors.WithLabelValues("other")); got != 2 || strings.Count(r.log.String(), "which goes on") != 1 {
			t.Errorf("%v errors counted; log:\n%s", got, r.log)
		}
	})
}

func TestADeletionGoesOutAsOneAndIsNotBilled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const text = `{"delete":{"status":{"id":1234567890,"id_str":"1234567890"}}}`
		x := newScriptedX(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			send(w, post+"\r\n"+text+"\r\n")
			<-r.Context().Done()
		})
		r := read(t, x, nil)
		after(t, time.Second)
		if len(r.records) != 2 || r.records[1].Kind != tweet.KindDelete || string(r.records[1].Key) != "1234567890" || string(r.records[1].Value) != text {
			t.Errorf("records %+v", r.records)
		}
		if got := billedPosts(t, r); got != 1 {
			t.Errorf("%v posts are billed", got)
		}
	})
}

func TestWhatCannotBeReadIsBilledToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			send(w, "{broken\r\n{\"data\":{}}\r\n\r\n{broken\r\n"+post+"\r\n")
			<-r.Context().Done()
		})
		r := read(t, x, nil)
		after(t, time.Second)
		if got := billedPosts(t, r); got != 4 {
			t.Errorf("%v posts are billed, want 4", got)
		}
	})
}

func billedPosts(t *testing.T, r *reading) float64 {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "catsvdogs_ingest_billed_posts_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatal("billed posts are not counted")
	return 0
}
