package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAnAccountOfTheLedgerIsShownByItsNumbersAlone(t *testing.T) {
	t.Parallel()
	answer, err := os.ReadFile("testdata/ledger_account.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAccount(answer)
	if err != nil {
		t.Fatal(err)
	}
	handed := int64(3608)
	want := &Account{
		At: "2026-11-24T00:30:00.000Z", Pending: 12, Findings: 2,
		Stations: AccountStations{HandedOver: &handed, Raw: 9875, Enriched: 9871, DeadLetters: 4, Posts: 3364, Archived: 19746},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	body, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	validates(t, "an account", described(t, "Account"), body)
}

func TestWhatIsNoAccountIsNotShown(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"", "null", "{}", "[]", `{"at":"yesterday"}`, `{"at":"2026-11-24T00:30:00Z","pending":-1}`, `{"at":"2026-11-24T00:30:00Z","handed":{"lines":-5}}`, `{"at":"2026-11-24T00:30:00Z","raw":{"records":"1"}}`} {
		if a, err := readAccount([]byte(answer)); err == nil {
			t.Errorf("%s gives %+v", answer, a)
		}
	}
}

func FuzzAnAnswerOfTheLedgerIsAnAccountOrRefused(f *testing.F) {
	for _, seed := range []string{"{}", `{"at":"2026-11-24T00:30:00Z","raw":{"records":1}}`, `{"at":"2026-11-24T00:30:00Z","handed":{"lines":1}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		a, err := readAccount(answer)
		if err != nil {
			return
		}
		if a.At == "" || min(a.Pending, a.Findings, a.Stations.Raw, a.Stations.Enriched, a.Stations.Archived) < 0 {
			t.Errorf("%q: %+v", answer, a)
		}
	})
}

func TestTheLastAccountStaysWhileTheLedgerGivesNone(t *testing.T) {
	t.Parallel()
	answers := make(chan string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/account" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		select {
		case text := <-answers:
			if text == "" {
				http.Error(w, "there is no account yet", http.StatusServiceUnavailable)
				return
			}
			_, _ = w.Write([]byte(text))
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	ctx, stop := context.WithCancel(t.Context())
	took := make(chan *Account)
	ended := make(chan struct{})
	in := newLedgerInput(server.URL+"/", slog.New(slog.DiscardHandler))
	in.every = time.Millisecond
	go func() {
		defer close(ended)
		in.follow(ctx, func(a *Account) { took <- a })
	}()
	for _, text := range []string{`{"at":"2026-11-24T00:30:00Z","balanced":true}`, "", "no account", `{"at":"2026-11-24T00:31:00Z"}`} {
		answers <- text
		if !strings.HasPrefix(text, "{") {
			continue
		}
		if a := <-took; !strings.HasPrefix(text, `{"at":"`+a.At[:16]) {
			t.Errorf("%s gives %+v", text, a)
		}
	}
	stop()
	<-ended
}

func TestTheNewestStateAndTheAPITellTheAccount(t *testing.T) {
	t.Parallel()
	board := newScoreboard(t, time.UTC)
	if _, err := board.accounted(); err == nil {
		t.Error("an account before the first")
	}
	board.progress = Progress{Phase: PhaseWaiting}
	board.balance(&Account{At: "2026-11-24T00:30:00.000Z", Balanced: true, Stations: AccountStations{Raw: 5}})
	if err := board.publish(moment()); err != nil {
		t.Fatal(err)
	}
	a, err := board.accounted()
	if err != nil || !strings.Contains(string(a.body), `"raw":5`) {
		t.Errorf("%s, %v", a.body, err)
	}
	whole := board.hub.Newest().JSON
	validates(t, "a state with an account", described(t, "State"), whole)
	if !strings.Contains(string(whole), `"account":{"at":"2026-11-24T00:30:00.000Z"`) {
		t.Errorf("the state has no account")
	}
}
