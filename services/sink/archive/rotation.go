package archive

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
)

// Rotation says when an open object is closed and uploaded. Every bound holds on its own.
type Rotation struct {
	Bytes   int           // compressed bytes of one object
	Memory  int           // bytes of all open objects together, packers included
	Records int           // records of one object
	Age     time.Duration // since the object's first record came
	Idle    time.Duration // since the last record of any partition came, or the first deletion in the object
}

// Reasons for closing an object, as they stand in logs and metrics.
const (
	reasonBytes    = "bytes"
	reasonMemory   = "memory"
	reasonRecords  = "records"
	reasonHour     = "hour"     // the next record belongs to another hour
	reasonAge      = "age"      // the wall clock
	reasonIdle     = "idle"     // nothing more came
	reasonDeletion = "deletion" // a post was deleted, which must be on the suppression list soon
	reasonCut      = "cut"      // Kafka has dropped what follows
	reasonStop     = "stop"     // the sink stops
	reasonIntent   = "intent"   // the range that a former owner had announced is complete
)

// full says why the object must be closed before the record is added to it; "" when it need not. Of an object all records
// are of one hour. Where the records' times go to and fro over an hour's end, there are small objects for as long.
func (r Rotation) full(o *object, next *kgo.Record) string {
	switch {
	case !archived.HourOf(next).Equal(o.Hour):
		return reasonHour
	case o.size() >= r.Bytes:
		return reasonBytes
	case o.reach.Records >= r.Records:
		return reasonRecords
	}
	return ""
}

// due says why the object must be closed by the clock; "" when it need not.
func (r Rotation) due(o *object, now, lastRecord time.Time) string {
	switch {
	case now.Sub(o.opened) >= r.Age:
		return reasonAge
	case now.Sub(lastRecord) >= r.Idle:
		return reasonIdle
	case !o.deletedAt.IsZero() && now.Sub(o.deletedAt) >= r.Idle:
		return reasonDeletion
	case o.size() >= r.Bytes:
		return reasonBytes
	case o.reach.Records >= r.Records:
		return reasonRecords
	}
	return ""
}
