package ingest

import (
	"errors"
	"fmt"
	"time"

	"catsvdogs/services/ingest/spool"
	"catsvdogs/services/pipeline/telemetry"
)

// Bounds on values of SpoolConfig.
const (
	maxSpoolBytes = 1 << 40
	minSpoolAfter = 100 * time.Millisecond
	maxSpoolAfter = 10 * time.Minute
)

// SpoolConfig is what ingest can be told about keeping posts on disk.
type SpoolConfig struct {
	SpoolDir   string        `name:"spool-dir" help:"Folder of this process alone, where posts of X, the simulator and Bluesky are kept when the broker has been slow or away for too long, until it takes them. Without one, reading waits. A file and the archive can wait, and use none." placeholder:"DIR"`
	SpoolBytes int64         `name:"spool-bytes" help:"Bytes that the spool may take on disk. When they are used up, reading waits." default:"1073741824" placeholder:"N"`
	SpoolAfter time.Duration `name:"spool-after" help:"How long reading has waited for the broker before posts go to the spool." default:"5s" placeholder:"DURATION"`
}

// check returns every mistake, each with the flag and what to do. Without a folder there is nothing to be wrong.
func (c SpoolConfig) check(bufferBytes int64) error {
	if c.SpoolDir == "" {
		return nil
	}
	var errs []error
	// It begins with all that is in memory.
	if least := 2 * bufferBytes; c.SpoolBytes < least || c.SpoolBytes > maxSpoolBytes {
		errs = append(errs, fmt.Errorf("--spool-bytes: %d is out of range; give %d, which is twice --buffer-bytes, to %d", c.SpoolBytes, least, maxSpoolBytes))
	}
	if c.SpoolAfter < minSpoolAfter || c.SpoolAfter > maxSpoolAfter {
		errs = append(errs, fmt.Errorf("--spool-after: %s is out of range; give %s to %s", c.SpoolAfter, minSpoolAfter, maxSpoolAfter))
	}
	return errors.Join(errs...)
}

// spool opens the spool, if the source is one that has to be read when it speaks; otherwise it is nil.
func (c Config) spool(tel *telemetry.Stage) (*spool.Spool, error) {
	if c.Spool.SpoolDir == "" || c.source() == sourceFile {
		return nil, nil
	}
	disk, err := spool.Open(spool.Options{
		Dir: c.Spool.SpoolDir, MaxBytes: c.Spool.SpoolBytes, Logger: tel.Logger, Registerer: tel.Registerer,
	})
	if errors.Is(err, spool.ErrInUse) {
		return nil, fmt.Errorf("--spool-dir: %w; give each process a folder of its own", err)
	}
	if err != nil {
		return nil, fmt.Errorf("--spool-dir: %w", err)
	}
	return disk, nil
}
