package broadcast_test

import (
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

func TestWhoMissedAFrameGetsTheWholeState(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(1)
	hub.Publish("e-1", []byte(`{"n":1}`), nil)
	first := hub.Newest()
	hub.Publish("e-2", []byte(`{"n":2}`), []byte(`{"n":2}`))
	second := hub.Newest()
	hub.Publish("e-3", []byte(`{"n":3}`), []byte(`{"n":3}`))
	third := hub.Newest()
	select {
	case <-first.Replaced():
	default:
		t.Error("the first frame is not replaced")
	}
	for name, test := range map[string]struct {
		event []byte
		want  string
	}{
		"the next":        {second.After(first), "change"},
		"the one after":   {third.After(first), "snapshot"},
		"without a patch": {first.After(first), "snapshot"},
	} {
		if !strings.Contains(string(test.event), "event: "+test.want+"\n") {
			t.Errorf("%s is told by %q, want a %s", name, test.event, test.want)
		}
	}
}

func TestWhoIsNotLetInIsCounted(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(1)
	leave, ok := hub.Join()
	if _, again := hub.Join(); !ok || again || hub.Refused() != 1 || hub.Followers() != 1 {
		t.Errorf("first %t, second %t, %d refused, %d follow", ok, again, hub.Refused(), hub.Followers())
	}
	leave()
	if _, ok := hub.Join(); !ok {
		t.Error("the place of the one who left is not free")
	}
}
