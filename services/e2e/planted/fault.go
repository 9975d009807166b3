package planted

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Fault is a defect that can be planted.
type Fault struct {
	Name    string // lower case with hyphens; unique
	Happens string // what the defect does to whoever runs the product; one sentence
	Edits   []Edit // at least one, of which none is within another one
	Tests   []Tests
}

// Edit replaces a text of a file.
type Edit struct {
	File string // from the root of the repository, with slashes
	Old  string // occurs exactly once in the file
	New  string
}

// Tests are those of one package of which one is to fail, the fast ones first.
type Tests struct {
	Package string   // folder from the root of the repository, with slashes
	Names   []string // at least one
}

// ErrOutdated is wrapped when the code is not that anymore for which a fault was written.
var ErrOutdated = errors.New("the fault is out of date")

// plant returns the changed files by their paths, as Edit has them; root is the folder of the repository.
func (f *Fault) plant(root string) (map[string][]byte, error) {
	changed := map[string][]byte{}
	for _, e := range f.Edits {
		source, again := changed[e.File]
		if !again {
			var err error
			if source, err = os.ReadFile(filepath.Join(root, filepath.FromSlash(e.File))); err != nil {
				return nil, fmt.Errorf("%s: %w: %w", f.Name, ErrOutdated, err)
			}
		}
		if n := bytes.Count(source, []byte(e.Old)); n != 1 {
			return nil, fmt.Errorf("%s: %w: %s has %d times, not once: %s", f.Name, ErrOutdated, e.File, n, e.Old)
		}
		changed[e.File] = bytes.Replace(source, []byte(e.Old), []byte(e.New), 1)
	}
	return changed, nil
}

// Faults returns all faults, in the order in which records pass what they are in.
func Faults() []Fault {
	return slices.Concat(ofIngest(), ofStream(), ofEnricher(), ofDocument(), ofIndex(), ofArchive(), ofLive(), ofRefresher(), ofPipeline())
}
