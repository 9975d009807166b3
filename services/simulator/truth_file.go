package simulator

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// indexEvery is how many lines lie between two whose places are remembered.
const indexEvery = 1024

// lineFile is a file to which lines are appended, and from which they are read
// by number. Safe for concurrent use.
type lineFile struct {
	file *os.File

	mu    sync.Mutex
	lines int64
	end   int64   // bytes
	index []int64 // where line k·indexEvery+1 begins
	buf   []byte
}

// openLineFile opens or makes the file that a flag names and counts what is in it.
func openLineFile(flag, path string) (*lineFile, truthTotals, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, truthTotals{}, fmt.Errorf("open --%s: %w", flag, err)
	}
	f := &lineFile{file: file}
	sum, err := f.count()
	if err == nil {
		// A torn last line is of a run that was killed; what follows it must
		// not be glued to it.
		err = file.Truncate(f.end)
	}
	if err == nil {
		_, err = file.Seek(f.end, io.SeekStart)
	}
	if err != nil {
		return nil, sum, errors.Join(fmt.Errorf("read --%s=%s: %w", flag, path, err), file.Close())
	}
	return f, sum, nil
}

// count finds where the last whole line ends. The file is streamed through: it
// may be larger than memory.
func (f *lineFile) count() (truthTotals, error) {
	var sum truthTotals
	in := bufio.NewReaderSize(f.file, 256<<10)
	for {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		if err != nil {
			return sum, fmt.Errorf("after %d lines: %w", f.lines, err)
		}
		if !bytes.HasPrefix(text, []byte(`{"at":"`)) {
			return sum, fmt.Errorf("line %d is not of a truth file; give another file", f.lines+1)
		}
		f.appended(int64(len(text)))
		_, rest, _ := bytes.Cut(text, []byte(kindKey))
		name, _, _ := bytes.Cut(rest, []byte{'"'})
		sum.add(kindNamed(string(name)))
	}
}

// appended takes note of one more line, of so many bytes.
func (f *lineFile) appended(size int64) {
	if f.lines%indexEvery == 0 {
		f.index = append(f.index, f.end)
	}
	f.lines++
	f.end += size
}

// put appends lines of the truth.
func (f *lineFile) put(first int64, lines []handover) error {
	return f.write(len(lines), func(dst []byte, i int) []byte { return lines[i].append(dst, first+int64(i)) })
}

// write appends n lines in one write.
func (f *lineFile) write(n int, line func(dst []byte, i int) []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.buf = f.buf[:0]
	for i := range n {
		begin := len(f.buf)
		f.buf = line(f.buf, i)
		f.appended(int64(len(f.buf) - begin))
	}
	_, err := f.file.Write(f.buf)
	return err
}

// read reads beside the writes: what is there does not change any more.
func (f *lineFile) read(dst []byte, n int64, limit int) ([]byte, error) {
	f.mu.Lock()
	end, lines := f.end, f.lines
	var begin int64
	if n < lines {
		begin = f.index[n/indexEvery]
	}
	f.mu.Unlock()
	limit = int(min(int64(limit), lines-n))
	if limit <= 0 {
		return dst, nil
	}
	in := bufio.NewReaderSize(io.NewSectionReader(f.file, begin, end-begin), 64<<10)
	for skip := n % indexEvery; limit > 0; skip-- {
		text, err := in.ReadSlice('\n')
		if err != nil {
			return dst, fmt.Errorf("read the truth file: %w", err)
		}
		if skip <= 0 {
			dst = append(dst, text...)
			limit--
		}
	}
	return dst, nil
}

func (f *lineFile) close() error { return f.file.Close() }
