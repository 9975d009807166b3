package compliance

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// progressVersion is that of Progress. Another one is not read.
const progressVersion = 1

// Progress is where a round is. Objects of the archive are read in the order of their names.
type Progress struct {
	Version  int       `json:"version"`
	Finished time.Time `json:"finished,omitzero"` // when the last round ended; zero before that
	Began    time.Time `json:"began,omitzero"`    // when the round under way began; zero for none
	After    string    `json:"after,omitempty"`   // the last object whose posts the round has asked about
	Through  string    `json:"through,omitempty"` // the last object that the present job asks about; "" for no job
	Job      string    `json:"job,omitempty"`     // its id; "" while it is not known to have been made
	Uploaded bool      `json:"uploaded,omitempty"`
	Since    time.Time `json:"since,omitzero"` // when the present job was begun
}

var errVersion = errors.New("the progress was written by another version")

// Parse reads what Progress was saved as.
func Parse(saved []byte) (Progress, error) {
	var p Progress
	err := json.Unmarshal(saved, &p)
	if err == nil && p.Version != progressVersion {
		err = errVersion
	}
	if err != nil {
		return Progress{}, fmt.Errorf("read the progress of compliance jobs: %w", err)
	}
	return p, nil
}

// name is what the present job is called: the same whenever it is begun anew, so that one that was made and then forgotten,
// because the process was killed, is found again.
func (p Progress) name() string {
	return fmt.Sprintf("catsvdogs %s", p.Since.UTC().Format("2006-01-02T15:04:05.000Z"))
}
