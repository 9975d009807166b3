package enricher

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
)

// Whatever runs the processes starts each again a second after its end.
func TestOfTwoReplicasOfOneNameThatAreStartedAgainAndAgainTheSameOneYields(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	type end struct {
		who int
		err error
	}
	ends := make(chan end, 100)
	var running sync.WaitGroup
	for who := range 2 {
		cfg := Config{Contest: contestFile, TransactionalID: "twin"}
		if err := config.Defaults(&cfg); err != nil {
			t.Fatal(err)
		}
		cfg.Kafka = kafka
		running.Go(func() {
			for {
				cfg.Telemetry = telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)).With("who", who))}
				err := Run(ctx, cfg)
				if ctx.Err() != nil {
					return
				}
				ends <- end{who, err}
				if !pause(ctx, time.Second) {
					return
				}
			}
		})
	}
	defer running.Wait()
	defer cancel()
	first := <-ends
	for n := range 3 {
		if !errors.Is(first.err, ErrNameTaken) {
			t.Fatalf("one ended with %v", first.err)
		}
		produced := produceRaw(t, kafka, 0, 100)
		awaitGroup(t, kafka, int64(len(produced)*(n+1)))
		if next := <-ends; next.who != first.who {
			t.Fatalf("now the other one ended, with %v", next.err)
		}
	}
}
