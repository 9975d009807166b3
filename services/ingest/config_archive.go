package ingest

import (
	"errors"
	"fmt"
	"time"

	"catsvdogs/services/ingest/replay"
	"catsvdogs/services/pipeline/objectstore"
)

// ArchiveConfig is what ingest can be told about the archive.
type ArchiveConfig struct {
	ReplayFrom string `name:"replay-from" help:"For --source=archive: replay records of this time or later (the record's own, RFC 3339)." placeholder:"TIME"`
	ReplayTo   string `name:"replay-to" help:"For --source=archive: replay records before this time. Without it, all that the archive has when it is listed." placeholder:"TIME"`

	S3 objectstore.Config `embed:""`
}

// check returns every mistake, each with the flag and what to do.
func (c ArchiveConfig) check() error {
	_, err := c.span()
	return errors.Join(err, c.S3.Check())
}

// span returns which records are to be replayed.
func (c ArchiveConfig) span() (replay.Span, error) {
	const example = "2026-11-23T12:00:00Z"
	var errs []error
	moment := func(flag, given string) time.Time {
		t, err := time.Parse(time.RFC3339, given)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %.40q is no time; give one like %s", flag, given, example))
		}
		return t
	}
	var s replay.Span
	if c.ReplayFrom == "" {
		errs = append(errs, errors.New("--replay-from: give the time of the first records to replay, like "+example+"; 1970-01-01T00:00:00Z for all"))
	} else {
		s.From = moment("--replay-from", c.ReplayFrom)
	}
	if c.ReplayTo != "" {
		s.To = moment("--replay-to", c.ReplayTo)
	}
	if len(errs) == 0 && c.ReplayTo != "" && !s.From.Before(s.To) {
		errs = append(errs, errors.New("--replay-to: must be later than --replay-from"))
	}
	return s, errors.Join(errs...)
}
