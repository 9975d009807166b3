package broadcast_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/tmaxmax/go-sse"

	"catsvdogs/services/live/broadcast"
)

func TestAnEventIsReadAsItWasMeant(t *testing.T) {
	t.Parallel()
	stream := string(broadcast.Event("e-1", "snapshot", []byte(`{"a":1}`))) + string(broadcast.Event("", "heartbeat", []byte("{}")))
	var got []sse.Event
	for e, err := range sse.Read(strings.NewReader(stream), nil) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	want := []sse.Event{{LastEventID: "e-1", Type: "snapshot", Data: `{"a":1}`}, {LastEventID: "e-1", Type: "heartbeat", Data: "{}"}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("read %+v, want %+v", got, want)
	}
}

func TestWhoMissedSomeFramesGetsWhatHasChangedSince(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 1})
	var frames []*broadcast.Frame
	publish := func(difference map[string]any) {
		n := len(frames) + 1
		hub.Publish(fmt.Sprint("e-", n), fmt.Appendf(nil, `{"n":%d}`, n), difference)
		frames = append(frames, hub.Newest())
	}
	publish(nil)
	publish(map[string]any{"n": 2, "o": map[string]any{"a": 1, "b": 1, "gone": nil}, "list": []int{1}})
	publish(map[string]any{"n": 3, "o": map[string]any{"b": 2, "gone": 1}, "old": nil})
	publish(map[string]any{"n": 4, "o": nil, "list": []int{2}})
	select {
	case <-frames[0].Replaced():
	default:
		t.Error("the first frame is not replaced")
	}
	const last = 3
	for from, want := range map[int]string{
		2: `id: e-4` + "\nevent: change\ndata: " + `{"list":[2],"n":4,"o":null}`,
		1: `id: e-4` + "\nevent: change\ndata: " + `{"list":[2],"n":4,"o":null,"old":null}`,
		0: `id: e-4` + "\nevent: change\ndata: " + `{"list":[2],"n":4,"o":null,"old":null}`,
		3: `id: e-4` + "\nevent: snapshot\ndata: " + `{"n":4}`,
	} {
		if got := string(frames[last].After(frames[from]).Plain); got != want+"\n\n" {
			t.Errorf("from frame %d: %q, want %q", from+1, got, want)
		}
	}
	if got, want := string(frames[2].After(frames[0]).Plain), `{"list":[1],"n":3,"o":{"a":1,"b":2,"gone":1},"old":null}`; !strings.Contains(got, want) {
		t.Errorf("from the first to the third: %q, want %s", got, want)
	}
	hub.Publish("e-5", []byte(`{"n":5,"o":{"c":1}}`), map[string]any{"o": map[string]any{"c": 1}})
	if got := string(hub.Newest().After(frames[0]).Plain); !strings.Contains(got, "event: snapshot\n") {
		t.Errorf("an object that was removed and came back: %q, want a snapshot, because a patch would keep what it had", got)
	}
	frames = append(frames, hub.Newest())
	if once, again := frames[last].After(frames[1]), frames[last].After(frames[1]); once != again {
		t.Error("a difference is made for each follower, want once for all")
	}
	publish(nil) // a new day
	publish(map[string]any{"n": 6})
	if got := string(frames[6].After(frames[3]).Plain); !strings.Contains(got, "event: snapshot\n") {
		t.Errorf("over a whole state: %q, want a snapshot", got)
	}
	for range 20 {
		publish(map[string]any{"n": 0})
	}
	if got := string(hub.Newest().After(frames[6]).Plain); !strings.Contains(got, "event: snapshot\n") {
		t.Errorf("after 20 frames: %q, want a snapshot", got)
	}
}

func TestWhoIsNotLetInIsToldWhyAndCounted(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 3, Address: 2})
	var leave []func()
	for i, test := range []struct {
		address string
		want    broadcast.Refusal
	}{{"a", ""}, {"a", ""}, {"a", "address_full"}, {"b", ""}, {"c", "full"}} {
		l, why := hub.Join(test.address)
		if why != test.want {
			t.Errorf("number %d from %s: %q, want %q", i+1, test.address, why, test.want)
		}
		leave = append(leave, l)
	}
	if hub.Refused() != 2 || hub.Followers() != 3 {
		t.Errorf("%d refused, %d follow; want 2 and 3", hub.Refused(), hub.Followers())
	}
	leave[0]()
	if _, why := hub.Join("a"); why != broadcast.LetIn {
		t.Errorf("the place of the one who left is not free: %s", why)
	}
	if _, why := broadcast.New(broadcast.Limits{All: 1}).Join("a"); why != broadcast.LetIn {
		t.Errorf("without a bound by address: %s", why)
	}
}

func TestCompressedMessagesAreAStreamWhereverOneComesIn(t *testing.T) {
	t.Parallel()
	var messages []*broadcast.Message
	for i := range 5 {
		messages = append(messages, broadcast.NewMessage(broadcast.Event(fmt.Sprint(i), "change", bytes.Repeat([]byte(fmt.Sprint(i, "0123456789")), 500))))
	}
	messages[3] = broadcast.Stored(messages[3].Plain)
	for first := range messages {
		var g broadcast.Gzip
		var want, sent bytes.Buffer
		sent.Write(g.Header())
		for _, m := range messages[first:] {
			want.Write(m.Plain)
			sent.Write(g.Next(m))
		}
		sent.Write(g.Trailer())
		r, err := gzip.NewReader(&sent)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("from message %d: %d bytes, %v; want %d", first, len(got), err, want.Len())
		}
	}
	if m := messages[0]; len(m.Deflated)*4 > len(m.Plain) {
		t.Errorf("%d bytes became %d", len(m.Plain), len(m.Deflated))
	}
}
