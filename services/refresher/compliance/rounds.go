package compliance

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"catsvdogs/services/pipeline/xapi"
)

// API is what of X a round needs; *xapi.Client has it.
type API interface {
	CreateJob(ctx context.Context, name string) (xapi.Job, error)
	Job(ctx context.Context, id string) (xapi.Job, error)
	Jobs(ctx context.Context) ([]xapi.Job, error)
	Upload(ctx context.Context, to string, ids io.Reader) error
	Download(ctx context.Context, from string, result func(xapi.Result) error) (unread int, err error)
}

// Part is some of the posts of an archive.
type Part struct {
	IDs     []uint64 // ascending, each once
	Through string   // the last object that they are of; "" when there are no more objects
}

// Archive tells which posts it holds.
type Archive interface {
	// Part returns the posts of the objects after the one of this name: of as many objects as it takes for about so many
	// ids, or of those up to through, unless that is "".
	Part(ctx context.Context, after, through string, ids int) (Part, error)
}

// Options are what rounds need. All must be given.
type Options struct {
	API     API
	Archive Archive
	Every   time.Duration // from the end of a round to the next one
	IDs     int           // of one job
	// Save keeps p for the next process, for Parse to read.
	Save func(ctx context.Context, p Progress) error
	// Gone has the deletion of posts written; they are safe when it returns nil.
	Gone   func(ctx context.Context, results []xapi.Result) error
	Pause  func(failures int, err error) time.Duration // after so many failures in a row, the last one of which is err
	Logger *slog.Logger
	Poll   time.Duration // between two looks at a job, at first; it doubles to half a minute
}

// Rounds asks about the whole archive, round after round. For one goroutine.
type Rounds struct {
	Options
	progress Progress
	part     *Part // of the present job, when it is known
	named    bool  // the name of the present job is kept
}

// New returns rounds that go on from where p is.
func New(o Options, p Progress) *Rounds {
	p.Version = progressVersion
	return &Rounds{Options: o, progress: p, named: true}
}

// longestPoll is the longest wait between two looks at a job.
const longestPoll = 30 * time.Second

// Run goes round after round until ctx ends, and then returns its error. Whatever fails is tried again.
func (r *Rounds) Run(ctx context.Context) error {
	failures := 0
	for {
		if wait := time.Until(r.progress.Finished.Add(r.Every)); r.progress.Began.IsZero() && !r.progress.Finished.IsZero() && wait > 0 {
			if err := sleep(ctx, wait); err != nil {
				return err
			}
		}
		err := r.step(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			failures = 0
			continue
		}
		failures++
		wait := r.Pause(failures, err)
		r.Logger.Warn("the archive could not be held against X; that is tried again", "error", err, "again_in", wait.Round(time.Millisecond))
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// step begins a round, or does one job of it.
func (r *Rounds) step(ctx context.Context) error {
	if r.progress.Began.IsZero() {
		r.progress = Progress{Version: progressVersion, Finished: r.progress.Finished, Began: time.Now().UTC()}
		r.part = nil
	}
	if r.part == nil {
		part, err := r.Archive.Part(ctx, r.progress.After, r.progress.Through, r.IDs)
		if err != nil {
			return err
		}
		r.part = &part
	}
	if r.progress.Through == "" && r.part.Through == "" {
		r.progress = Progress{Version: progressVersion, Finished: time.Now().UTC()}
		r.part = nil
		return r.Save(ctx, r.progress)
	}
	if len(r.part.IDs) > 0 {
		if err := r.job(ctx); err != nil {
			return err
		}
	}
	through := r.progress.Through
	if through == "" {
		through = r.part.Through
	}
	r.progress = Progress{Version: progressVersion, Finished: r.progress.Finished, Began: r.progress.Began, After: through}
	r.part = nil
	return r.Save(ctx, r.progress)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errAnew is why a job is made once more.
var errAnew = errors.New("the compliance job came to nothing and is made anew")
