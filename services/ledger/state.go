package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// stateVersion is of the form of the file.
const stateVersion = 1

// maxStateBytes bounds the file: some hundred bytes for each partition and for each post in flight.
const maxStateBytes = 256 << 20

// saved is what an audit leaves for the next one.
type saved struct {
	Version   int                        `json:"version"`
	Book      *book                      `json:"book"`
	Posts     map[string]account.Version `json:"posts,omitempty"` // that were not judged
	ScannedTo time.Time                  `json:"scanned_to"`
	Truth     savedTruth                 `json:"truth"`
}

type savedTruth struct {
	Offset int64  `json:"offset,omitempty"`
	Lines  int64  `json:"lines,omitempty"`
	After  int64  `json:"after,omitempty"`
	Began  string `json:"began,omitempty"`
}

// save writes where the audit has left off, in place of what the file had.
func (a *auditor) save(path string) error {
	s := saved{Version: stateVersion, Book: a.book, Posts: a.book.posts.Saved(), ScannedTo: a.scannedTo}
	if a.truth != nil {
		s.Truth = savedTruth{a.truth.offset, a.truth.lines, a.truth.after, a.truth.began}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write --state: %w", err)
	}
	// In one step, so that a kill leaves the old one or the new one.
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write --state: %w", err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write --state: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

// load goes on from where the audit before has left off; where there is no file, from the beginning.
func (a *auditor) load(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Size() > maxStateBytes {
		err = fmt.Errorf("it is over %d bytes", maxStateBytes)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	s := saved{Book: a.book}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err == nil && (s.Version != stateVersion || s.Book == nil) {
		err = errors.New("it is not of this version")
	}
	if err != nil {
		return fmt.Errorf("read --state=%s: %w; remove it to begin anew", path, err)
	}
	s.Book.contest = a.book.contest
	a.book, a.scannedTo, a.isResumed = s.Book, s.ScannedTo, true
	for key, v := range s.Posts {
		a.book.note(a.book.posts.See(key, v)...)
	}
	a.book.posts.Looks = 0
	a.book.posts.Partial = true // the others are forgotten
	if a.truth != nil {
		a.truth.offset, a.truth.lines, a.truth.after, a.truth.began = s.Truth.Offset, s.Truth.Lines, s.Truth.After, s.Truth.Began
	}
	return nil
}

// check holds what the audit before has read last of each partition against what Kafka has there now. A topic that was made
// anew has other records, and going on would pass them over.
func (a *auditor) check(ctx context.Context, p progress) error {
	for _, topicName := range topicNames {
		for number, of := range a.book.Partitions[topicName] {
			kafka := p.logs[topicName][number]
			if of.Last < kafka.start || of.Last < 0 {
				continue // Kafka has forgotten it
			}
			if of.Last >= kafka.end {
				return fmt.Errorf("%s/%d ends at %d, and --state has read %d: the topic was made anew; remove the file", topicName, number, kafka.end, of.Last)
			}
			cursor, err := openCursor(ctx, a.options, topicName, number, of.Last, of.Last+1, kgo.ReadCommitted())
			if err != nil {
				return err
			}
			r, err := cursor.next()
			cursor.close()
			if err != nil {
				return err
			}
			if r == nil && topicName == topic.Enriched {
				continue // compaction has taken it
			}
			if r == nil || recordDigest(r.Key, stampOf(r)) != of.LastDigest {
				return fmt.Errorf("%s/%d has another record at %d than --state has read: the topic was made anew; remove the file", topicName, number, of.Last)
			}
		}
	}
	return nil
}
