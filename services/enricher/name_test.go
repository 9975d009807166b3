package enricher

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
)

func TestReplicasOnOneHostGetNamesOfTheirOwnAndASuccessorTheOneThatIsFree(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	claimed := func(want string) (release func()) {
		t.Helper()
		got, release, err := claimIn(folder, "enricher-host")
		if err != nil || got != want {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
		return release
	}
	first := claimed("enricher-host")
	defer claimed("enricher-host-2")()
	defer claimed("enricher-host-3")()
	first()
	defer claimed("enricher-host")()
}

func TestAReplicaThatCannotLockHasTheHostToItself(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, folder := range map[string]string{"none": filepath.Join(t.TempDir(), "none"), "no folder": file} {
		got, release, err := claimIn(folder, "enricher-host")
		if err != nil || got != "enricher-host" {
			t.Fatalf("%s: got %q, %v", name, got, err)
		}
		release()
	}
}

func TestOfTwoReplicasOfOneNameOneEndsAndSaysWhy(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 2)
	for range 2 {
		cfg := Config{Contest: contestFile, TransactionalID: "twin"}
		if err := config.Defaults(&cfg); err != nil {
			t.Fatal(err)
		}
		cfg.Kafka = kafka
		cfg.Telemetry = telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))}
		go func() { ended <- Run(ctx, cfg) }()
	}
	if err := <-ended; !errors.Is(err, ErrNameTaken) {
		t.Fatalf("one ended with %v", err)
	}
	produced := produceRaw(t, kafka, 0, 100)
	awaitGroup(t, kafka, 100)
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the other one ended with %v", err)
	}
	checkOutput(t, kafka, produced)
}
