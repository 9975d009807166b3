package simulator

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// errTruth is in the chain when the truth file cannot be written. The
// simulator stops then: what it says it emitted would no longer be known.
var errTruth = errors.New("truth file")

// errForgotten is why lines of the truth cannot be told any more.
var errForgotten = errors.New("these lines of the truth are not kept")

// truth keeps one [entry of what was handed over] for each line of the stream
// and for each post of an answer, in a file or, without one, the last of them in
// memory. It numbers them from 1; in a file the number is that of the line. A nil
// truth keeps nothing. Safe for concurrent use.
//
// [entry of what was handed over]: handover
type truth struct {
	kept truthStore
	file bool
	now  func() time.Time

	mu  sync.Mutex
	n   int64 // of the last line
	sum truthTotals

	failed chan error // the first failure to write
}

// truthTotals counts what the stream's clients were handed.
type truthTotals struct{ lines, posts int64 }

func (t *truthTotals) add(k lineKind) {
	if !k.emitted() {
		return
	}
	t.lines++
	if k == kindPost {
		t.posts++
	}
}

// truthStore holds the lines. They come in order and are given out in order.
type truthStore interface {
	put(first int64, lines []handover) error
	// read appends lines after number n to dst, as they stand in a file; errForgotten when the first of them is gone.
	read(dst []byte, n int64, limit int) ([]byte, error)
	close() error
}

// openTruth opens or makes the file and counts what is in it; without a file it
// remembers so many lines, and for none it is nil.
func openTruth(path string, remember int) (*truth, error) {
	t := &truth{now: wallClock, failed: make(chan error, 1)}
	if path == "" {
		if remember <= 0 {
			return nil, nil // a nil truth keeps nothing
		}
		t.kept = &truthRing{most: remember}
		return t, nil
	}
	file, sum, err := openLineFile("truth", path)
	if err != nil {
		return nil, err
	}
	t.kept, t.file, t.sum, t.n = file, true, sum, file.lines
	return t, nil
}

// record keeps lines that were handed over, in one write, so that a kill of the
// process loses none that had been recorded. It returns the number of the last.
func (t *truth) record(lines []handover) (last int64, err error) {
	if t == nil || len(lines) == 0 {
		return 0, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.kept.put(t.n+1, lines); err != nil {
		err = fmt.Errorf("%w: write: %w", errTruth, err)
		select {
		case t.failed <- err:
		default: // a failure is known already
		}
		return t.n, err
	}
	for i := range lines {
		t.sum.add(lines[i].kind)
	}
	t.n += int64(len(lines))
	return t.n, nil
}

// failures receives the first failure to write.
func (t *truth) failures() <-chan error {
	if t == nil {
		return nil
	}
	return t.failed
}

// totals are over the whole file, and unknown without one.
func (t *truth) totals() (truthTotals, bool) {
	if t == nil || !t.file {
		return truthTotals{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum, true
}

// last is the number of the last line.
func (t *truth) last() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}

func (t *truth) close() error {
	if t == nil {
		return nil
	}
	return t.kept.close()
}
