package simulator

import "fmt"

// available appends one line for each version of a post that was made while
// rules were set, whether or not a client was there:
//
//	{"at":"2026-11-01T12:00:00.000Z","id":"…","first_id":"…","kind":"post"}
//
// A nil one keeps nothing. Safe for concurrent use.
type available struct {
	file   *lineFile
	failed chan error // the first failure to write
}

// openAvailable opens or makes the file; "" gives nil.
func openAvailable(path string) (*available, error) {
	if path == "" {
		return nil, nil // a nil one keeps nothing
	}
	file, _, err := openLineFile("available", path)
	if err != nil {
		return nil, err
	}
	return &available{file: file, failed: make(chan error, 1)}, nil
}

func (a *available) record(lines []line) error {
	if a == nil || len(lines) == 0 {
		return nil
	}
	err := a.file.write(len(lines), func(dst []byte, i int) []byte {
		l := lines[i]
		return append(appendMade(dst, l.at, l.id, l.first, l.kind), "}\n"...)
	})
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%w: write --available: %w", errTruth, err)
	select {
	case a.failed <- err:
	default: // a failure is known already
	}
	return err
}

// failures receives the first failure to write.
func (a *available) failures() <-chan error {
	if a == nil {
		return nil
	}
	return a.failed
}

func (a *available) close() error {
	if a == nil {
		return nil
	}
	return a.file.close()
}
