package compliance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/minio/minio-go/v7"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/sink/archive/suppression"
)

const (
	// youngest is how old a post is at least that is asked about. Younger ones are looked at anyway.
	youngest = 24 * time.Hour
	// tries is how often an object is read before it is passed over.
	tries        = 3
	betweenTries = time.Second
	// maxEntryBytes bounds a line of the suppression list.
	maxEntryBytes = 8 << 20
)

// Bucket is the archive in an object store, without the posts that it lists as deleted. It is an Archive of the posts of one
// source.
type Bucket struct {
	Client *minio.Client
	Name   string
	Source string
	// Unreadable is told of objects, and of lines of objects, that cannot be read and are passed over; nil for nobody. The
	// posts in them are not asked about.
	Unreadable func(object string, err error)
	// MinAge is how old posts are at least; 0 for a day.
	MinAge time.Duration
	// Known saves reading what was read before; nil for reading everything each time.
	Known *Known
}

// errEnough ends a listing.
var errEnough = errors.New("enough")

// Part is as Archive has it.
func (b Bucket) Part(ctx context.Context, after, through string, ids int) (Part, error) {
	deleted, err := b.suppressed(ctx)
	if err != nil {
		return Part{}, err
	}
	minAge := b.MinAge
	if minAge == 0 {
		minAge = youngest
	}
	before := time.Now().Add(-minAge)
	bucket := archived.NewBucket(b.Client, b.Name)
	found := map[uint64]struct{}{}
	var p Part
	err = bucket.Objects(ctx, topic.Raw, func(l archived.Listed) error {
		name := l.Name()
		if name <= after {
			return nil
		}
		if through != "" && name > through || through == "" && len(found) >= ids {
			return errEnough
		}
		p.Through = name
		ask := func(id uint64, created time.Time) {
			if _, gone := deleted[id]; !gone && !created.After(before) {
				found[id] = struct{}{}
			}
		}
		if b.Known.ids(name, func(id uint64) { created, _ := tweet.SnowflakeTime(strconv.FormatUint(id, 10)); ask(id, created) }) {
			return nil
		}
		return b.insist(ctx, name, func() error { return b.posts(ctx, bucket, l.Object, ask) })
	})
	if err != nil && !errors.Is(err, errEnough) {
		return Part{}, fmt.Errorf("read which posts the archive holds: %w", err)
	}
	p.IDs = make([]uint64, 0, len(found))
	for id := range found {
		p.IDs = append(p.IDs, id)
	}
	slices.Sort(p.IDs)
	return p, nil
}

// posts passes the posts of an object to each, with when they were created, and remembers them.
func (b Bucket) posts(ctx context.Context, bucket *archived.Bucket, o archived.Object, each func(id uint64, created time.Time)) error {
	var ids []uint64
	whole := true // all of it can be told again from the ids
	_, err := bucket.Lines(ctx, o, func(text []byte) error {
		line, err := archived.ParseLine(text)
		if err != nil {
			whole = false // and say so each time
			b.unreadable(o.Name(), err)
			return nil
		}
		id, ok := b.post(line)
		if !ok {
			return nil
		}
		created, dated := tweet.SnowflakeTime(string(line.Key))
		if !dated {
			created, whole = line.Timestamp, false
		}
		each(id, created)
		ids = append(ids, id)
		return nil
	})
	if err == nil && whole {
		b.Known.add(o.Name(), ids)
	}
	return err
}

// insist reads an object, several times if need be, and passes it over when it cannot be read while the store answers: one
// broken object must not keep all the others from being asked about.
func (b Bucket) insist(ctx context.Context, name string, read func() error) error {
	var err error
	for try := range tries {
		if try > 0 {
			if err := sleep(ctx, betweenTries); err != nil {
				return err
			}
		}
		if err = read(); err == nil {
			return nil
		}
	}
	if there, storeErr := b.Client.BucketExists(ctx, b.Name); storeErr != nil || !there {
		return errors.Join(err, storeErr)
	}
	b.unreadable(name, err)
	return nil
}

func (b Bucket) unreadable(object string, err error) {
	if b.Unreadable != nil {
		b.Unreadable(object, err)
	}
}

// post returns the id of the post whose content a line holds, if it is one to be asked about once it is old enough.
func (b Bucket) post(l archived.Line) (uint64, bool) {
	if l.Suppressed || !tweet.ValidXID(string(l.Key)) {
		return 0, false
	}
	ours := false
	for _, h := range l.Headers {
		switch h.Key {
		case topic.HeaderSource:
			ours = string(h.Value) == b.Source
		case topic.HeaderKind:
			if string(h.Value) == string(tweet.KindDelete) {
				return 0, false
			}
		}
	}
	id, err := strconv.ParseUint(string(l.Key), 10, 64)
	return id, ours && err == nil
}

// suppressed are the posts that the archive lists as deleted. A post that came back afterwards is among them; X would have to
// show a post anew that it has taken away.
func (b Bucket) suppressed(ctx context.Context) (map[uint64]struct{}, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	out := map[uint64]struct{}{}
	for info := range b.Client.ListObjects(ctx, b.Name, minio.ListObjectsOptions{Prefix: archived.SuppressedRoot + topic.Raw + "/", Recursive: true}) {
		if info.Err != nil {
			return nil, fmt.Errorf("list the suppression list: %w", info.Err)
		}
		if err := b.insist(ctx, info.Key, func() error { return b.read(ctx, info.Key, out) }); err != nil {
			return nil, fmt.Errorf("read the suppression list %s: %w", info.Key, err)
		}
	}
	return out, ctx.Err()
}

func (b Bucket) read(ctx context.Context, name string, out map[uint64]struct{}) error {
	object, err := b.Client.GetObject(ctx, b.Name, name, minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = object.Close() }()
	lines := bufio.NewScanner(object)
	lines.Buffer(nil, maxEntryBytes)
	for lines.Scan() {
		e, err := suppression.Parse(lines.Bytes())
		if err != nil {
			b.unreadable(name, err)
			continue
		}
		if id, err := strconv.ParseUint(string(e.Key), 10, 64); err == nil {
			out[id] = struct{}{}
		}
	}
	return lines.Err()
}
