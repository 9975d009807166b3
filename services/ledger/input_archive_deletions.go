package ledger

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/minio/minio-go/v7"

	"catsvdogs/services/ledger/account"
)

// maxEntryBytes bounds a line of the list of deletions: a key, its place and little more.
const maxEntryBytes = 8 << 20

var errEntry = errors.New("no line of the list of deletions")

// deletions is the list of deleted posts beside the archive, by key: when the latest deletion was observed, in Unix
// milliseconds. A deletion takes away what was observed of the post up to then.
type deletions map[string]int64

func (d deletions) takes(l account.Stamp) bool {
	at, ok := d[string(l.Key)]
	return ok && l.Observed <= at
}

// read adds a part of the list: lines of JSON with key, or key_base64, and observed_at.
func (d deletions) read(part io.Reader) error {
	in := bufio.NewScanner(part)
	in.Buffer(nil, maxEntryBytes)
	for in.Scan() {
		var e struct {
			Key        string    `json:"key"`
			KeyBase64  []byte    `json:"key_base64"`
			ObservedAt time.Time `json:"observed_at"`
		}
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			return fmt.Errorf("%w: %w", errEntry, err)
		}
		key := e.Key
		if key == "" {
			key = string(e.KeyBase64)
		}
		if key == "" || e.ObservedAt.IsZero() {
			return fmt.Errorf("%w: key and observed_at must be there", errEntry)
		}
		at, ok := d[key]
		if !ok {
			at = math.MinInt64
		}
		d[key] = max(at, e.ObservedAt.UnixMilli())
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("read the list of deletions: %w", err)
	}
	return nil
}

// isDeleted says whether the list takes a line. The list is read when a line first asks, and once more in a round when it
// does not take one: the deletion may be new.
func (a *auditor) isDeleted(ctx context.Context, l account.Stamp) (bool, error) {
	if a.deleted.takes(l) {
		return true, nil
	}
	if a.deletedRead {
		return false, nil
	}
	read, err := a.readDeletions(ctx)
	if err != nil {
		return false, err
	}
	a.deleted, a.deletedRead = read, true
	return a.deleted.takes(l), nil
}

func (a *auditor) readDeletions(ctx context.Context) (deletions, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	read := deletions{}
	for info := range a.store.ListObjects(ctx, a.cfg.S3.S3Bucket, minio.ListObjectsOptions{Prefix: "suppressed/", Recursive: true}) {
		if info.Err != nil {
			return nil, fmt.Errorf("list the deletions: %w", info.Err)
		}
		if !isOurs(info.Key) {
			continue // how far compaction is
		}
		body, _, _, err := minio.Core{Client: a.store}.GetObject(ctx, a.cfg.S3.S3Bucket, info.Key, minio.GetObjectOptions{})
		if err == nil {
			err = read.read(body)
			_ = body.Close() // what was read has been read
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", info.Key, err)
		}
	}
	return read, ctx.Err()
}
