// Package ingest reads posts from a source and writes them, byte for byte, to tweets.raw. It keeps a line whatever is
// in it, and owns neither what a line means (the enricher) nor the topics (provision).
package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// Source is where posts come from. Sources differ in protocol and in what they do when it fails; what they hand over is
// the same.
type Source interface {
	// Run reads until ctx ends, or until there is no more to come, and then returns nil; another end is an error that no
	// further try can help against. It hands each record to deliver, one at a time, in the order in which it came. deliver
	// waits when the broker cannot keep up, while ctx lives; the source reads nothing meanwhile.
	Run(ctx context.Context, deliver func(ctx context.Context, record tweet.Raw)) error
}

// A follower is a source that keeps its position elsewhere than in the log, and so has to know what is in the log.
type follower interface {
	// follow is called before Run. acknowledged returns how many records the brokers have; those that Run delivers are
	// added in the order in which it does.
	follow(acknowledged func() int64)
}

// Run moves posts from the source to tweets.raw until ctx ends or the source has no more. When ctx ends it writes what
// it has read, for stage.DrainTimeout at most; it returns nil, or an error that says why it could not go on or how many
// lines were lost.
//
//	             1 goroutine                                   1 goroutine
//	+--------+  +------------+    put    +--------+    take    +--------------+    +------------+
//	| X      |->|   Source   |---------->| memory |----------->|    output    |--->| tweets.raw |
//	| Bluesky|  | protocol,  |  waits    | bound: | up to 1000 | one write in |    +-----.------+
//	| file   |  | back-off,  |  when it  | bytes  | records or | flight, tried|          .
//	+--------+  | rules      |  is full  +--------+ 3 MiB      | until acked, |          .
//	            +------------+           |  disk  |            | in order     |          .
//	                  ^                  +- - - - +            +--------------+          .
//	                  . . . . . . . where it was, and what has passed: the topic's tail . .
//
// Stop and failure go from left to right: the source ends, the queue closes, the output writes what is left. With a spool,
// what it cannot write goes to disk, and what an earlier run has left there is written before the source starts. The
// archive is no such source: it can wait, and its records are written as they were (see replayArchive).
func Run(ctx context.Context, cfg Config) error {
	tel, closeStage, err := cfg.Telemetry.Join("ingest")
	if err != nil {
		return err
	}
	defer closeStage()
	state := newReadiness(tel.Ready, tel.Unready)
	if cfg.source() == sourceArchive {
		return replayArchive(ctx, cfg, tel, state)
	}
	source, err := open(cfg, tel, state.setSource)
	if err != nil {
		return err
	}
	if rules, ok := source.(*xSource); ok && cfg.DryRun {
		plan, err := rules.plan(ctx)
		if err != nil {
			return fmt.Errorf("look at the stream's rules: %w", err)
		}
		_, err = fmt.Fprint(cfg.out(), plan)
		return err
	}
	return move(ctx, cfg, tel, source, state)
}

// open returns the source that cfg names.
func open(cfg Config, tel *telemetry.Stage, status func(reason string)) (Source, error) {
	switch cfg.source() {
	case sourceX:
		return inputX(cfg, tel, status)
	case sourceSimulator:
		return inputSimulator(cfg, tel, status)
	case sourceBluesky:
		return inputBluesky(cfg, tel, status)
	case sourceFile:
		return inputFile(cfg, tel, status)
	default:
		return nil, cfg.noSource()
	}
}

// writesAtOnce is how many records from memory the output may have on their way together. Where the position in the source
// is read back from the log it is one: a crash between the parts of a larger write could leave a later record in the log
// and an earlier one not, and the earlier one would never be asked for again. What matches on Bluesky is some posts a
// second at most, and one at a time makes some hundred.
func (c Config) writesAtOnce() int {
	if c.source() == sourceBluesky {
		return 1
	}
	return maxWriteRecords
}

// move runs the source and the output.
func move(ctx context.Context, cfg Config, tel *telemetry.Stage, source Source, state *readiness) (err error) {
	// Either end that fails stops the other by ending this context.
	reading, stop := context.WithCancel(ctx)
	defer stop()
	writing, done := stage.Detached(reading)
	defer done()

	disk, err := cfg.spool(tel)
	if err != nil {
		return err
	}
	if disk != nil {
		defer func() { err = errors.Join(err, disk.Close()) }()
	}
	m := newMetrics(tel.Registerer)
	out := newOutput(writing, cfg.Kafka, tel.Logger, m, state.setBroker)
	defer func() {
		done() // first, so that closing does not wait for a broker that does not answer
		err = errors.Join(err, out.close())
	}()
	out.atOnce = cfg.writesAtOnce()
	if err := out.waitForTopic(reading); err != nil {
		if stage.Ended(ctx, err) {
			return nil
		}
		return err
	}

	between := newQueue(cfg, disk, tel.Logger, m, state.setSpool)
	if between.onDisk() {
		// Before the source starts, because it finds out from the log where it was.
		state.setSpool(reasonLeftover)
		if err := out.drain(reading, between); err != nil {
			if stage.Ended(ctx, err) {
				return nil // what is left stays on disk
			}
			return err
		}
	}
	if f, ok := source.(follower); ok {
		f.follow(out.acknowledged.Load)
	}
	var sourceErr error
	var reader sync.WaitGroup
	reader.Go(func() {
		defer between.close()
		if sourceErr = source.Run(reading, between.put); sourceErr != nil {
			stop() // bounds what the output may still take
		}
	})
	unwritten, writeErr := out.run(writing, between)
	stop()
	reader.Wait()
	switch lost := between.save(unwritten); {
	case writeErr != nil && lost > 0:
		writeErr = fmt.Errorf("%d lines that had been read were not written to %s: %w", lost, topic.Raw, writeErr)
	case disk != nil && errors.Is(writeErr, context.Cause(writing)):
		writeErr = nil // time was up, and nothing is lost
	}
	return errors.Join(sourceErr, writeErr)
}
