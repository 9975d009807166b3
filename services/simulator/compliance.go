package simulator

import (
	"crypto/rand"
	"slices"
	"strconv"
	"sync"
	"time"

	"catsvdogs/services/simulator/world"
)

const (
	// uploadWithin and downloadWithin are how long X's two addresses of a job are
	// good for, from when it was made.
	// https://docs.x.com/x-api/compliance/batch-compliance/introduction
	uploadWithin   = 15 * time.Minute
	downloadWithin = 7 * 24 * time.Hour
	// maxJobs bounds the jobs that are remembered; the oldest go first.
	maxJobs = 20
	// maxJobName is as specified, in characters.
	maxJobName = 64
)

// The states of a job.
const (
	jobCreated    = "created"
	jobInProgress = "in_progress"
	jobComplete   = "complete"
	jobFailed     = "failed"
	jobExpired    = "expired"
)

// jobTypes are what a job can be about. Users of the simulator never change, so
// one about them finds nothing.
var jobTypes = []string{"tweets", "users"}

// job is a batch compliance job. All but what an upload sets is fixed.
type job struct {
	id, kind, name string
	created        time.Time
	upload         string // the unguessable part of upload_url
	download       string // the same of download_url

	uploaded time.Time // zero without an upload
	broken   bool      // what was uploaded is no list of ids
	lost     []redaction
}

// redaction is one line of a job's result: a post that must not be kept.
type redaction struct {
	id             uint64
	made, redacted time.Time
	reason         world.Loss
}

// jobs are those of the one app there is. What state each is in follows from
// the clock. Safe for concurrent use.
type jobs struct {
	now   func() time.Time
	takes time.Duration

	mu  sync.Mutex
	all []*job // oldest first
	ids uint64
}

func newJobs(now func() time.Time, takes time.Duration) *jobs { return &jobs{now: now, takes: takes} }

// state is what a job is in at a moment.
func (j *jobs) state(of *job, now time.Time) string {
	switch {
	case of.uploaded.IsZero() && now.Before(of.created.Add(uploadWithin)):
		return jobCreated
	case of.uploaded.IsZero():
		return jobExpired
	case now.Before(of.uploaded.Add(j.takes)):
		return jobInProgress
	case of.broken:
		return jobFailed
	default:
		return jobComplete
	}
}

// shownJob is a job at a moment, safe to be read without the lock.
type shownJob struct {
	job
	state string
}

func (j *jobs) show(of *job, now time.Time) shownJob { return shownJob{*of, j.state(of, now)} }

// create makes a job unless one of its type is still under way: X runs one of
// each at a time. A job that waits for its upload counts as under way here.
func (j *jobs) create(kind, name string) (shownJob, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.now()
	for _, other := range j.all {
		if state := j.state(other, now); other.kind == kind && (state == jobCreated || state == jobInProgress) {
			return shownJob{}, false
		}
	}
	j.ids = max(j.ids+1, world.FirstID(now))
	made := &job{id: strconv.FormatUint(j.ids, 10), kind: kind, name: name, created: now.Truncate(time.Millisecond), upload: rand.Text(), download: rand.Text()}
	if j.all = append(j.all, made); len(j.all) > maxJobs {
		// Never one under way: there are at most two, and they are the youngest of their types.
		oldest := slices.IndexFunc(j.all, func(o *job) bool { state := j.state(o, now); return state != jobCreated && state != jobInProgress })
		j.all = slices.Delete(j.all, oldest, oldest+1)
	}
	return j.show(made, now), true
}

// find returns the first job that which accepts.
func (j *jobs) find(which func(*job) bool) (shownJob, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := slices.IndexFunc(j.all, which)
	if i < 0 {
		return shownJob{}, false
	}
	return j.show(j.all[i], j.now()), true
}

// list gives the jobs of a type, newest first; an empty state stands for any.
func (j *jobs) list(kind, state string) []shownJob {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.now()
	var listed []shownJob
	for _, one := range slices.Backward(j.all) {
		if shown := j.show(one, now); one.kind == kind && (state == "" || shown.state == state) {
			listed = append(listed, shown)
		}
	}
	return listed
}

// submit sets a job to work. false says that it no longer waits: another upload
// was faster, or its time is over.
func (j *jobs) submit(id string, broken bool, lost []redaction) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.now()
	i := slices.IndexFunc(j.all, func(o *job) bool { return o.id == id })
	if i < 0 || j.state(j.all[i], now) != jobCreated {
		return false
	}
	j.all[i].uploaded, j.all[i].broken, j.all[i].lost = now, broken, lost
	return true
}
