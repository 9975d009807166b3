// Package archive copies every record of tweets.raw and tweets.enriched into objects of an S3 store, each record exactly
// once. It owns the consumer group, when an object ends, and the protocol that makes it exactly once. What objects hold and
// how they are read is package archived's; packages bucket, suppression, table and compact below it own the puts, the
// deletions, the Parquet files and the rewriting.
//
// # Why every record is archived exactly once
//
// Kafka knows one thing of a partition for the group: the committed offset and its metadata. It moves in three steps,
// for one object of a partition at a time, which covers the offsets from s on (s is the committed offset c, or later where
// Kafka has dropped what lay between) to l, which is that of its last record or of a marker behind it (see mark.go):
//
//  1. commit offset c, metadata {object, s, l, table}: the intent
//  2. put the object, then the list of the deletions in it, then, where the intent says so, the table of it; each unless
//     one of its name is there (If-None-Match: *)
//  3. commit offset l+1, no metadata
//
// The names and the contents of what is put follow from the records s…l and from the intent alone, never from a
// configuration that the next owner may not share. Kafka takes a commit only from the partition's present owner (a member
// that was thrown out has a stale generation), and a member commits only under the lock that its own revocation takes
// (see assignment.go), so the three commits of one owner are never mixed with another's.
//
// A put happens at one moment: with a put of one request when it is answered, with one in parts when it is completed. Until
// then there are parts but no object, and the condition is judged at that moment (package bucket), so one of several
// writers wins, in parts or not. What a killed writer leaves of parts is thrown away by who takes its intent over; nobody
// else does, so that a late former owner and the new one do not throw each other's away for ever.
//
// A crash before 1: nothing was uploaded; the next owner starts at c and chooses the object's end anew.
// A crash between 1 and 3: the next owner reads the intent and asks the store (see resume.go). Where the object is there, it
// makes list and table of the object itself, each unless it is there, and does 3. Where it is not, it does all of 2 for
// exactly the range s…l under exactly those names. So neither a list nor a table can stay missing beside its object.
// A crash after 3: the next owner starts at l+1.
// A former owner that was paused between 1 and 2 and wakes up late: it puts what its intent names, which is also the
// only thing that the new owner may put at c; one of the two puts wins and both have the same content. Its commit 3 is
// refused. Had it been paused before 1, its commit 1 is refused and it puts nothing. Should compaction have rewritten the
// object meanwhile, it is there all the same: the late put does not bring back what was suppressed.
//
// Kafka may have dropped or compacted some of s…l before it was put. What was compacted away is no loss, and the object
// covers it without a line, even its first one. Of what was dropped at the start, the object has the name that was announced
// but says that it begins later; the offsets in between are counted as lost. Should a late former owner have put the whole
// range after all, that stays: it ends at l as well, and nothing else was put of it.
//
// Where Kafka has forgotten the group's offsets, the end of the partition's last object takes the place of c, once its last
// record has been held against Kafka's.
//
// So every offset is in exactly one object: objects of a partition start where the one before ended, whoever wrote them.
// Rotation may therefore depend on the clock: it only ever chooses l before the intent is committed, never after.
// Offsets without a record (markers and aborted records of transactions, compacted records) have no line, but each lies
// in the range of one object, which the object's metadata tells (archived.Range).
package archive

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/sink/archive/bucket"
)

// Config is what the archive half needs to know.
type Config struct {
	Kafka    broker.Config
	Group    string
	Format   archived.Format // of new objects
	Tables   bool            // make a Parquet file of each object of tweets.enriched, too
	Rotation Rotation
}

// Store is where objects are put; *bucket.Bucket is one.
type Store interface {
	// Check returns an error while the store cannot be used.
	Check(ctx context.Context) error
	// Put writes an object as a whole; with Options.OnlyNew, unless there is one of its name: then the error wraps
	// bucket.ErrExists.
	Put(ctx context.Context, name string, body io.ReaderAt, size int64, o bucket.Options) error
	// Stat asks for an object; the error wraps bucket.ErrMissing when there is none.
	Stat(ctx context.Context, name string) (bucket.Stat, error)
	// Get passes an object's content to use.
	Get(ctx context.Context, name string, use func(io.Reader) error) (etag string, err error)
	// List passes the name of every object below a prefix to each.
	List(ctx context.Context, prefix string, each func(name string, modified time.Time) error) error
	// NewWriter begins an object whose size is not known.
	NewWriter(ctx context.Context, name string, o bucket.Options) *bucket.Writer
	// AbortLeftovers throws away what was put of an object that was never completed.
	AbortLeftovers(ctx context.Context, name string) error
}

// Run archives until ctx ends; then it uploads the open objects, commits and leaves the group. When Kafka and this member
// disagree, it drops what is open and starts over from the committed offsets.
func Run(ctx context.Context, cfg Config, store Store, tel *telemetry.Stage) error {
	m := newMetrics(tel.Registerer)
	stage.Sessions(ctx, func(ctx context.Context) error {
		return newArchiver(cfg, store, tel, m).session(ctx)
	}, tel.StartingOver)
	return nil
}

type archiver struct {
	cfg     Config
	packing packing
	client  *kgo.Client
	bucket  Store
	tel     *telemetry.Stage
	metrics *metrics
	tables  sync.Mutex // held while a table is made
	assignment

	uploading sync.WaitGroup
	puts      chan struct{} // holds as many as there are puts under way
	working   context.Context
	fail      context.CancelCauseFunc // ends the session
	paused    map[topicPartition]bool
}

func newArchiver(cfg Config, store Store, tel *telemetry.Stage, m *metrics) *archiver {
	return &archiver{
		cfg: cfg, packing: packing{format: cfg.Format, tables: cfg.Tables, rotation: cfg.Rotation},
		bucket: store, tel: tel, metrics: m,
		puts: make(chan struct{}, uploads), paused: map[topicPartition]bool{},
		assignment: assignment{owned: map[topicPartition]*partition{}, memory: memory{packers: packers{}}},
	}
}
