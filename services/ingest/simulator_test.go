package ingest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
)

func TestASimulatorGetsNoTokenAndItsPostsAreMarked(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	x := newXServer(t)
	var leaked atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+xapi.MadeUpToken.Reveal() {
			leaked.Add(1)
		}
		x.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	cfg := x.config(kafka, telemetry.NewProcess(slog.New(slog.DiscardHandler)))
	cfg.Source, cfg.SimulatorURL, cfg.API.XBearerToken = sourceSimulator, front.URL, "the-real-token"
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, cfg) }()
	x.lines <- made(1, 0)
	record := parsed(t, kafkatest.Read(t, kafka, topic.Raw, 1)[0])
	cancel()
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
	// The server does not say of itself that it is a simulator.
	if record.Source != tweet.SourceSimulator || record.Schema != tweet.SchemaX || leaked.Load() != 0 {
		t.Errorf("record %+v; %d requests had another token", record, leaked.Load())
	}
}
