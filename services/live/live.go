// Package live shows the contest on a web page as it happens. It counts the posts of today and of the days before from
// tweets.enriched in memory and sends the numbers to browsers as server-sent events; after a start it reads the days
// again. It writes nothing to Kafka and keeps nothing on disk.
package live

import (
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"catsvdogs/services/live/broadcast"
	"catsvdogs/services/live/page"
	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/stage"
)

// Run serves the page until ctx ends and then returns nil. The page is there from the start and says how far the
// numbers are; the stage is ready once the days so far have been read.
//
//	tweets.enriched ──▶ input ──batches──▶ scoreboard ──frames──▶ hub ──▶ N followers, GET /events
//	(read committed,     1 goroutine        1 goroutine            │      1 goroutine each, newest frame only
//	 no group)                              rollup in memory       └────▶ GET /api/v1/contest
//	                                 ▲                                    GET /, /assets: the page
//	ledger ──GET /account────────────┘
func Run(ctx context.Context, cfg Config) error {
	tel, closeTelemetry, err := cfg.Telemetry.Join("live")
	if err != nil {
		return err
	}
	defer closeTelemetry()

	zone, err := cfg.zone()
	if err != nil {
		return err
	}
	c, err := contest.Load(cfg.Contest)
	if err != nil {
		return err
	}
	listener := cfg.Listener
	if listener == nil {
		if listener, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.HTTP); err != nil {
			return fmt.Errorf("serve the page: %w; choose another --http", err)
		}
	}
	defer func() { _ = listener.Close() }() // the server has closed it unless it never began

	now := time.Now()
	shown := competing(c)
	counts, err := rollup.New(shown.shape(), zone, rollup.Bounds{Days: cfg.Days, Posts: cfg.RememberPosts}, now)
	if err != nil {
		return err
	}
	files, err := page.New(page.Shown{Name: shown.Name, Colors: shown.colors(), Account: cfg.LedgerURL != "", Rehearsal: cfg.Rehearsal != nil})
	if err != nil {
		return err
	}
	board := &scoreboard{
		competing: shown, zone: zone, rollup: counts, stage: tel,
		progress: Progress{Phase: PhaseWaiting}, hub: broadcast.New(broadcast.Limits{All: cfg.MaxClients, Address: cfg.MaxClientsPerAddress}),
	}
	if board.metrics, err = newMetrics(tel.Registerer, board); err != nil {
		return err
	}
	if err := board.publish(now); err != nil {
		return err
	}

	group, working := errgroup.WithContext(ctx)
	group.Go(func() error {
		return serve(working, listener, handler(board, files, addresses{cfg.ClientAddressHeader}, cfg.sharedTelemetry(), cfg.Rehearsal), board.hub, tel.Logger)
	})
	batches := make(chan batch)
	group.Go(func() error { return board.run(working, batches) })
	group.Go(func() error {
		in, err := openInput(working, cfg.Kafka, c.Popularity, tel, board.metrics, rollup.Since(now, zone, cfg.Days))
		if err == nil {
			err = in.follow(working, batches)
		}
		if stage.Ended(working, err) {
			return nil
		}
		return err
	})
	if cfg.LedgerURL != "" {
		group.Go(func() error {
			newLedgerInput(cfg.LedgerURL, tel.Logger).follow(working, board.balance)
			return nil
		})
	}
	tel.Logger.Info("the page is served", "url", "http://"+listener.Addr().String())
	return group.Wait()
}
