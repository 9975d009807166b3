package compliance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"catsvdogs/services/pipeline/xapi"
)

const (
	// batch is how many deletions are written at once.
	batch = 500
	// longestJob is how long a job may take before another one is made.
	longestJob = 6 * time.Hour
)

// job asks about the present part, or goes on with asking.
func (r *Rounds) job(ctx context.Context) error {
	if r.progress.Through == "" {
		r.progress.Through = r.part.Through
		r.rename()
	}
	if r.progress.Job == "" {
		if err := r.make(ctx); err != nil {
			return err
		}
	}
	for wait := r.Poll; ; wait = min(2*wait, longestPoll) {
		j, err := r.API.Job(ctx, r.progress.Job)
		if f := new(xapi.Failure); errors.As(err, &f) && f.Status == 404 {
			return r.anew(ctx, "forgotten")
		}
		if err != nil {
			return err
		}
		switch j.Status {
		case xapi.JobCreated, xapi.JobInProgress:
			if time.Since(r.progress.Since) > longestJob {
				return r.anew(ctx, "not done after "+longestJob.String())
			}
			if r.progress.Uploaded || j.Status == xapi.JobInProgress {
				break // X may not have noticed yet
			}
			if err := r.upload(ctx, j); err != nil {
				return err
			}
		case xapi.JobComplete:
			return r.results(ctx, j)
		default:
			return r.anew(ctx, string(j.Status))
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// rename gives the next job a name of its own.
func (r *Rounds) rename() {
	r.progress.Since, r.named = time.Now().UTC().Truncate(time.Millisecond), false
}

// make makes the job, or finds it. Its name is kept before: so it is known when the job was made and the process then
// killed, and X would not let another one be made.
func (r *Rounds) make(ctx context.Context) error {
	if !r.named {
		if err := r.Save(ctx, r.progress); err != nil {
			return err
		}
		r.named = true
	}
	j, err := r.API.CreateJob(ctx, r.progress.name())
	if f := new(xapi.Failure); errors.As(err, &f) && f.Kind == xapi.Conflict {
		jobs, listErr := r.API.Jobs(ctx)
		if listErr != nil {
			return errors.Join(err, listErr)
		}
		ours := slices.IndexFunc(jobs, func(j xapi.Job) bool { return j.Name == r.progress.name() })
		if ours < 0 {
			return fmt.Errorf("another job of the app has to end first: %w", err)
		}
		j, err = jobs[ours], nil
	}
	if err != nil {
		return err
	}
	r.progress.Job = j.ID
	r.Logger.Info("X is asked which posts of the archive are gone", "posts", len(r.part.IDs), "job", j.ID)
	return r.Save(ctx, r.progress)
}

func (r *Rounds) upload(ctx context.Context, j xapi.Job) error {
	var ids bytes.Buffer
	for _, id := range r.part.IDs {
		ids.Write(strconv.AppendUint(ids.AvailableBuffer(), id, 10))
		ids.WriteByte('\n')
	}
	if err := r.API.Upload(ctx, j.UploadURL, bytes.NewReader(ids.Bytes())); err != nil {
		return err
	}
	r.progress.Uploaded = true
	return r.Save(ctx, r.progress)
}

// anew forgets the job, but not what it was to ask about.
func (r *Rounds) anew(ctx context.Context, why string) error {
	r.progress.Job, r.progress.Uploaded = "", false
	r.rename()
	return errors.Join(fmt.Errorf("%w: it is %s", errAnew, why), r.Save(ctx, r.progress))
}

// results has the deletions written of which the job tells. Posts that were not asked about are passed over.
func (r *Rounds) results(ctx context.Context, j xapi.Job) error {
	var gone []xapi.Result
	told := 0
	flush := func() error {
		if len(gone) == 0 {
			return nil
		}
		if err := r.Gone(ctx, gone); err != nil {
			return err
		}
		gone = gone[:0]
		return nil
	}
	unread, err := r.API.Download(ctx, j.DownloadURL, func(result xapi.Result) error {
		id, err := strconv.ParseUint(result.ID, 10, 64)
		if err != nil || result.Action != "delete" {
			return nil
		}
		if _, asked := slices.BinarySearch(r.part.IDs, id); !asked {
			return nil
		}
		told++
		if gone = append(gone, result); len(gone) < batch {
			return nil
		}
		return flush()
	})
	if err := errors.Join(err, flush()); err != nil {
		return err
	}
	if unread > 0 {
		r.Logger.Warn("results of a compliance job cannot be read; the next round asks about those posts again", "job", j.ID, "results", unread)
	}
	r.Logger.Info("X has told which posts of the archive are gone", "posts", len(r.part.IDs), "gone", told, "job", j.ID)
	return nil
}
