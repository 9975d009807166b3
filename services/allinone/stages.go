package allinone

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"catsvdogs/services/enricher"
	"catsvdogs/services/ingest"
	"catsvdogs/services/ledger"
	"catsvdogs/services/live"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/refresher"
	"catsvdogs/services/simulator"
	"catsvdogs/services/sink"
)

const (
	// archiveIdle is short here, so that a stop need not wait long for the archive.
	archiveIdle = time.Second
	// refreshGrace is how late the last look at a post may be.
	refreshGrace = time.Minute
	// complianceEvery is how often is asked which posts of the archive are gone, and complianceAge how old those are: a
	// post that is deleted after the last look should leave while somebody is watching.
	complianceEvery = time.Minute
	complianceAge   = time.Minute
)

// compose configures every service for this process, in the order in which data flows. The simulator comes last but
// for the page: it is the far end of ingest's connection, and has been paused by the time the stages are stopped. again is
// what looks at posts again; it must be stopped before anybody waits for the rest to come to an end.
//
// cfg is what the services are told; direct reaches the servers past everything that breaks them.
func compose(cfg, direct Config, process *telemetry.Process, x, page net.Listener, shown *accounts, enriched func(enricher.Config) *enrichers, faults func(*enrichers) http.Handler) (again stage.Stage, stages []stage.Stage, err error) {
	tel := telemetry.Config{Process: process}

	ingestConfig := ingest.Config{
		Kafka: cfg.Kafka, Telemetry: tel, Contest: cfg.Contest,
		Source: "simulator", SimulatorURL: "http://" + x.Addr().String(),
		Newborn: true, // the simulated world begins with this process
	}
	enricherConfig := enricher.Config{Kafka: cfg.Kafka, Telemetry: tel, Contest: cfg.Contest, TransactionalID: "enricher-demo"}
	sinkConfig := sink.Config{Kafka: cfg.Kafka, Telemetry: tel, Elasticsearch: cfg.Elasticsearch, S3: cfg.S3, ArchiveIdle: archiveIdle}
	simulatorConfig := simulator.Config{
		Listener: x, Telemetry: tel,
		Rate: cfg.Rate, Seed: cfg.Seed, Posts: cfg.Posts, Malformed: cfg.Malformed, HalfLife: cfg.HalfLife, Deleted: cfg.Deleted,
		Truth: filepath.Join(cfg.Data, "truth.ndjson"),
	}
	refresherConfig := refresher.Config{
		Kafka: cfg.Kafka, Telemetry: tel, Contest: cfg.Contest, Source: "simulator", SimulatorURL: "http://" + x.Addr().String(),
		RefreshAfter: cfg.RefreshAfter, RefreshGrace: refreshGrace,
		Compliance: refresher.ComplianceConfig{ComplianceEvery: complianceEvery, MinAge: complianceAge, S3: cfg.S3},
	}
	liveConfig := live.Config{Kafka: cfg.Kafka, Telemetry: tel, Contest: cfg.Contest, Listener: page}
	ledgerConfig := ledger.Config{
		Kafka: direct.Kafka, Elasticsearch: direct.Elasticsearch, S3: direct.S3, Telemetry: tel,
		TruthURL: "http://" + x.Addr().String(), Every: accountEvery, Published: shown.Set,
	}
	if cfg.Ledger {
		liveConfig.LedgerURL = "http://" + visitable(page.Addr()) + "/rehearsal"
	}

	for name, c := range map[string]any{
		"ingest": &ingestConfig, "enricher": &enricherConfig, "sink": &sinkConfig, "simulator": &simulatorConfig, "live": &liveConfig, "refresher": &refresherConfig, "ledger": &ledgerConfig,
	} {
		if err := config.Defaults(c); err != nil {
			return stage.Stage{}, nil, fmt.Errorf("configure %s: %w", name, err)
		}
	}
	enriching := enriched(enricherConfig)
	liveConfig.Rehearsal = faults(enriching)
	again = stage.Stage{Name: "refresher", Run: func(ctx context.Context) error { return refresher.Run(ctx, refresherConfig) }}
	stages = []stage.Stage{
		{Name: "ingest", Run: func(ctx context.Context) error { return ingest.Run(ctx, ingestConfig) }},
		{Name: "enricher", Run: enriching.run},
		{Name: "sink", Run: func(ctx context.Context) error { return sink.Run(ctx, sinkConfig) }},
		{Name: "ledger", Run: func(ctx context.Context) error { return ledger.Run(ctx, ledgerConfig) }},
		{Name: "simulator", Run: func(ctx context.Context) error { return simulator.Run(ctx, simulatorConfig) }},
		{Name: "live", Run: func(ctx context.Context) error { return live.Run(ctx, liveConfig) }},
	}
	if !cfg.Ledger {
		stages = slices.DeleteFunc(stages, func(s stage.Stage) bool { return s.Name == "ledger" })
	}
	return again, stages, nil
}
