package ingest

import (
	"github.com/segmentio/kafka-go"

	"catsvdogs/services/ingest/spool"
	"catsvdogs/services/pipeline/tweet"
)

// message is a record as it goes to the broker.
func message(r *tweet.Raw) kafka.Message {
	return messageOf(spooled(r))
}

// spooled is a record as it goes to disk.
func spooled(r *tweet.Raw) spool.Record {
	return spool.Record{Key: r.Key, Value: r.Value, Headers: r.Headers(), Time: r.ObservedAt}
}

func messageOf(r spool.Record) kafka.Message {
	m := kafka.Message{Key: r.Key, Value: r.Value, Time: r.Time, Headers: make([]kafka.Header, len(r.Headers))}
	for i, h := range r.Headers {
		m.Headers[i] = kafka.Header(h)
	}
	return m
}
