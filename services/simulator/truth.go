package simulator

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"catsvdogs/services/simulator/wire"
)

// errTruth is in the chain when the truth file cannot be written. The
// simulator stops then: what it says it emitted would no longer be known.
var errTruth = errors.New("truth file")

// truth appends one line for each emitted line:
//
//	{"at":"2026-11-01T12:00:00.000Z","id":"…","first_id":"…","kind":"post"}
//
// at is the post's created_at; a malformed line has empty ids. A line is a post
// when it is the first that the client was given of its first_id: the edit of a
// post that nobody saw is one too, an edit that comes after is not. A nil truth
// keeps nothing. Safe for concurrent use.
type truth struct {
	mu   sync.Mutex
	file *os.File
	buf  []byte
	sum  truthTotals

	failed chan error // the first failure to write
}

// truthTotals counts a whole file.
type truthTotals struct{ lines, posts int64 }

// openTruth opens or makes the file that a flag names and counts what is in it;
// "" gives nil.
func openTruth(flag, path string) (*truth, error) {
	if path == "" {
		return nil, nil // a nil truth keeps nothing
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open --%s: %w", flag, err)
	}
	sum, end, err := readTruth(file)
	if err == nil {
		// A torn last line is of a run that was killed; what follows it must
		// not be glued to it.
		err = file.Truncate(end)
	}
	if err == nil {
		_, err = file.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read --%s=%s: %w", flag, path, err), file.Close())
	}
	return &truth{file: file, sum: sum, failed: make(chan error, 1)}, nil
}

// readTruth counts lines and returns where the last whole one ends. The file
// is streamed through: it may be larger than memory.
func readTruth(r io.Reader) (truthTotals, int64, error) {
	var sum truthTotals
	var end int64
	in := bufio.NewReaderSize(r, 256<<10)
	for {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return sum, end, nil
		}
		if err != nil {
			return sum, end, fmt.Errorf("after %d lines: %w", sum.lines, err)
		}
		if !bytes.HasPrefix(text, []byte(`{"at":"`)) {
			return sum, end, fmt.Errorf("line %d is not of a truth file; give another file", sum.lines+1)
		}
		end += int64(len(text))
		sum.lines++
		if bytes.HasSuffix(text, []byte(`"kind":"post"}`+"\n")) {
			sum.posts++
		}
	}
}

// record appends lines that were emitted, in one write, so that a kill of the
// process loses none that had been recorded.
func (t *truth) record(lines []line) error {
	if t == nil || len(lines) == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = t.buf[:0]
	for _, l := range lines {
		t.buf = appendTruth(t.buf, l)
		t.sum.lines++
		if l.kind == kindPost {
			t.sum.posts++
		}
	}
	if _, err := t.file.Write(t.buf); err != nil {
		err = fmt.Errorf("%w: write: %w", errTruth, err)
		select {
		case t.failed <- err:
		default: // a failure is known already
		}
		return err
	}
	return nil
}

// failures receives the first failure to write.
func (t *truth) failures() <-chan error {
	if t == nil {
		return nil
	}
	return t.failed
}

func appendTruth(dst []byte, l line) []byte {
	dst = append(dst, `{"at":"`...)
	dst = l.at.UTC().AppendFormat(dst, wire.TimeFormat)
	dst = append(dst, `","id":"`...)
	if l.id != 0 {
		dst = strconv.AppendUint(dst, l.id, 10)
	}
	dst = append(dst, `","first_id":"`...)
	if l.first != 0 {
		dst = strconv.AppendUint(dst, l.first, 10)
	}
	dst = append(dst, `","kind":"`...)
	dst = append(dst, l.kind...)
	return append(dst, "\"}\n"...)
}

func (t *truth) totals() (truthTotals, bool) {
	if t == nil {
		return truthTotals{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum, true
}

func (t *truth) close() error {
	if t == nil {
		return nil
	}
	return t.file.Close()
}
