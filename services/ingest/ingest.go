// Package ingest reads posts from a source and writes them, byte for byte, to tweets.raw. It keeps a line whatever is
// in it, and owns neither what a line means (the enricher) nor the topics (provision).
package ingest

import (
	"context"
	"errors"
	"sync"

	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
)

// Source is where posts come from. Sources differ in protocol and in what they do when it fails; what they hand over is
// the same.
type Source interface {
	// Run reads until ctx ends and then returns nil; another end is an error that no further try can help against. It
	// hands each record to deliver, in the order in which it came and from one goroutine. deliver waits when the broker
	// cannot keep up, while ctx lives; the source reads nothing meanwhile.
	Run(ctx context.Context, deliver func(ctx context.Context, record tweet.Raw)) error
}

// Run moves posts from X's filtered stream to tweets.raw until ctx ends. Then it writes what it has read, for
// stage.DrainTimeout at most, and returns nil; an error says why it could not go on, or how many lines were lost.
//
//	            1 goroutine                                   1 goroutine
//	+-----+    +------------+    put    +--------+    take    +--------------+    +------------+
//	|  X  |--->|   Source   |---------->| buffer |----------->|    output    |--->| tweets.raw |
//	+-----+    | xstream:   |  waits    | bound: | up to 1000 | one write in |    +------------+
//	   ^       | rules,     |  when it  | bytes  | records or | flight, tried|
//	   |       | connection,|  is full  +--------+ 3 MiB      | until acked, |
//	   +-------| back-off   |                                 | in order     |
//	    rules  +------------+                                 +--------------+
//
// Stop and failure go from left to right: the source ends, the buffer closes, the output writes what is left.
func Run(ctx context.Context, cfg Config) error {
	tel, closeStage, err := cfg.Telemetry.Join("ingest")
	if err != nil {
		return err
	}
	defer closeStage()
	state := newReadiness(tel.Ready, tel.Unready)
	source, err := inputX(cfg, tel, state.setSource)
	if err != nil {
		return err
	}
	return move(ctx, cfg, tel, source, state)
}

// move runs the source and the output.
func move(ctx context.Context, cfg Config, tel *telemetry.Stage, source Source, state *readiness) (err error) {
	// Either end that fails stops the other by ending this context.
	reading, stop := context.WithCancel(ctx)
	defer stop()
	writing, done := stage.Detached(reading)
	defer done()

	m := newMetrics(tel.Registerer)
	out := newOutput(writing, cfg.Kafka.KafkaBrokers, tel.Logger, m, state.setBroker)
	defer func() {
		done() // first, so that closing does not wait for a broker that does not answer
		err = errors.Join(err, out.close())
	}()
	if err := out.waitForTopic(reading); err != nil {
		if stage.Ended(ctx, err) {
			return nil
		}
		return err
	}

	buf := newBuffer(cfg.BufferBytes, m.readingWaits(tel.Logger), func(n int64) { m.buffered.Set(float64(n)) })
	var sourceErr error
	var reader sync.WaitGroup
	reader.Go(func() {
		defer stop() // bounds what the output may still take
		defer buf.close()
		sourceErr = source.Run(reading, buf.put)
	})
	writeErr := out.run(writing, buf)
	stop()
	reader.Wait()
	return errors.Join(sourceErr, writeErr)
}
