package ledger

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/ledger/account"
)

func TestTheWatchTellsOfWhatGoesWrongAndOfWhatIsHealed(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	w.cfg.Telemetry.TelemetryAddr = listener.Addr().String()
	must(t, listener.Close())
	w.cfg.Every = 100 * time.Millisecond
	drawn := make(chan *account.Account, 1)
	w.cfg.Published = func(a *account.Account) {
		select {
		case drawn <- a:
		default:
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, w.cfg.Config) }()
	await := func(what string, is func(*account.Account) bool) {
		t.Helper()
		deadline := time.After(30 * time.Second)
		for {
			select {
			case a := <-drawn:
				if is(a) {
					return
				}
			case err := <-ended:
				t.Fatalf("it has ended: %v", err)
			case <-deadline:
				t.Fatalf("it never tells that %s", what)
			}
		}
	}
	await("all is well", func(a *account.Account) bool { return a.Balanced && a.Settled })
	w.produce(w.client, rawPost(40))
	await("a record waits for the archive and the enricher", func(a *account.Account) bool { return a.Balanced && a.Pending >= 2 })
	w.commitAll()
	await("the record was passed over", func(a *account.Account) bool {
		return a.Counts[account.EnrichGap] == 1 && a.Counts[account.Gap] == 1
	})
	get := func(path string) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.cfg.Telemetry.TelemetryAddr+path, nil)
		must(t, err)
		answer, err := http.DefaultClient.Do(request)
		must(t, err)
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		must(t, err)
		return string(body)
	}
	var told account.Account
	must(t, json.Unmarshal([]byte(get("/account")), &told))
	if told.Balanced || told.FindingsAll < 2 || len(told.Findings) < 2 {
		t.Errorf("/account tells %+v", told)
	}
	if text := get("/metrics"); !strings.Contains(text, `catsvdogs_ledger_findings_records{kind="enrich_gap"} 1`) || !strings.Contains(text, "catsvdogs_ledger_balanced 0") {
		t.Error("the metrics do not tell of it")
	}
	if ids, _ := w.kept(); len(ids) < 4 { // two accounts, and the two kinds of findings of the second
		t.Errorf("kept are %v", ids)
	}
	if text := get("/readyz"); text != "ready\n" {
		t.Errorf("/readyz tells %q", text)
	}
	raw := rawPost(40)
	raw.Offset = 12
	w.produce(w.client, madeOf(raw, document(40, noon)))
	await("the enricher has come to it after all", func(a *account.Account) bool { return a.Counts[account.EnrichGap] == 0 })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}
