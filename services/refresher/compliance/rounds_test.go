package compliance

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/xapi"
)

// side is X as far as jobs go, and what happens to what is sent there.
type side struct {
	rng  *rand.Rand
	gone map[uint64]bool
	jobs []*job

	trouble float64 // how often a request fails
	lost    float64 // how often the answer to one that worked is lost
	expired int
}

type job struct {
	xapi.Job
	ids map[uint64]bool
}

var errAway = errors.New("away")

func (s *side) call() error {
	if s.rng.Float64() < s.trouble {
		return &xapi.Failure{Kind: xapi.Network, Err: errAway}
	}
	return nil
}

func (s *side) answer() error {
	if s.rng.Float64() < s.lost {
		return &xapi.Failure{Kind: xapi.Network, Err: errAway}
	}
	return nil
}

func (s *side) running() bool {
	return slices.ContainsFunc(s.jobs, func(j *job) bool { return j.Status == xapi.JobCreated || j.Status == xapi.JobInProgress })
}

func (s *side) CreateJob(_ context.Context, name string) (xapi.Job, error) {
	if err := s.call(); err != nil {
		return xapi.Job{}, err
	}
	for _, j := range s.jobs {
		if j.Status == xapi.JobCreated && s.rng.IntN(30) == 0 {
			j.Status = xapi.JobExpired // nobody has uploaded anything
		}
	}
	if s.running() {
		return xapi.Job{}, &xapi.Failure{Kind: xapi.Conflict, Status: 409}
	}
	id := strconv.Itoa(len(s.jobs) + 1)
	s.jobs = append(s.jobs, &job{Job: xapi.Job{ID: id, Name: name, Status: xapi.JobCreated, UploadURL: "up/" + id}})
	return s.jobs[len(s.jobs)-1].Job, s.answer()
}

func (s *side) find(id string) *job {
	n, _ := strconv.Atoi(id)
	return s.jobs[n-1]
}

func (s *side) Job(_ context.Context, id string) (xapi.Job, error) {
	if err := s.call(); err != nil {
		return xapi.Job{}, err
	}
	j := s.find(id)
	switch {
	case j.Status == xapi.JobCreated && s.rng.IntN(12) == 0:
		j.Status = xapi.JobExpired
		s.expired++
	case j.Status == xapi.JobInProgress && s.rng.IntN(2) == 0:
		j.Status, j.DownloadURL = xapi.JobComplete, id
	}
	return j.Job, s.answer()
}

func (s *side) Jobs(context.Context) ([]xapi.Job, error) {
	if err := s.call(); err != nil {
		return nil, err
	}
	var out []xapi.Job
	for _, j := range s.jobs {
		out = append(out, j.Job)
	}
	return out, s.answer()
}

func (s *side) Upload(_ context.Context, to string, ids io.Reader) error {
	if err := s.call(); err != nil {
		return err
	}
	j := s.find(to[len("up/"):])
	if j.Status != xapi.JobCreated {
		return &xapi.Failure{Kind: xapi.HTTP, Status: 403}
	}
	j.ids = map[uint64]bool{}
	for lines := bufio.NewScanner(ids); lines.Scan(); {
		id, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			return err
		}
		j.ids[id] = true
	}
	j.Status = xapi.JobInProgress
	return s.answer()
}

func (s *side) Download(_ context.Context, from string, result func(xapi.Result) error) (int, error) {
	if err := s.call(); err != nil {
		return 0, err
	}
	for _, id := range slices.Sorted(maps.Keys(s.find(from).ids)) {
		if s.rng.Float64() < s.trouble/10 {
			return 0, errAway
		}
		if s.gone[id] {
			if err := result(xapi.Result{ID: fmt.Sprint(id), Action: "delete"}); err != nil {
				return 0, err
			}
		}
	}
	for _, foreign := range []xapi.Result{{ID: "999999", Action: "delete"}, {ID: "1", Action: "withhold"}} {
		if err := result(foreign); err != nil {
			return 0, err
		}
	}
	return 0, s.answer()
}

// shelf is an archive: an object for each number, with posts.
type shelf map[string][]uint64

func (a shelf) Part(_ context.Context, after, through string, ids int) (p Part, err error) {
	found := map[uint64]bool{}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if name <= after {
			continue
		}
		if through != "" && name > through || through == "" && len(found) >= ids {
			break
		}
		for _, id := range a[name] {
			found[id] = true
		}
		p.Through = name
	}
	p.IDs = slices.Sorted(maps.Keys(found))
	return p, nil
}

// However requests fail, answers get lost and the process is killed, each round asks about every post of the archive and
// has written every deletion that X tells of, and no other.
func TestARoundFindsAllThatIsGoneThroughFailuresAndRestarts(t *testing.T) {
	t.Parallel()
	restarts, expired, jobs := 0, 0, 0
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			archive, gone := shelf{}, map[uint64]bool{}
			for n := range 30 {
				for range rng.IntN(40) {
					id := 2 + rng.Uint64N(600)
					archive[fmt.Sprintf("%03d", n)] = append(archive[fmt.Sprintf("%03d", n)], id)
					gone[id] = id%7 == 0
				}
			}
			x := &side{rng: rng, gone: gone, trouble: 0.2, lost: 0.1}
			written := map[string]bool{}
			var saved []byte
			var cancel context.CancelFunc
			o := Options{
				API: x, Archive: archive, Every: 24 * time.Hour, IDs: 100, Poll: time.Second, Logger: slog.New(slog.DiscardHandler),
				Pause: func(int, error) time.Duration { return time.Second },
				Save: func(_ context.Context, p Progress) error {
					if rng.IntN(10) == 0 {
						return errAway
					}
					if rng.IntN(12) == 0 {
						cancel() // the process is killed, before or after this is safe
						if rng.IntN(2) == 0 {
							return context.Canceled
						}
					}
					var err error
					saved, err = json.Marshal(p)
					return err
				},
				Gone: func(_ context.Context, results []xapi.Result) error {
					if rng.IntN(5) == 0 {
						return errAway
					}
					for _, r := range results {
						written[r.ID] = true
					}
					return nil
				},
			}
			for finished := false; !finished; restarts++ {
				var ctx context.Context
				ctx, cancel = context.WithTimeout(t.Context(), time.Hour)
				var p Progress
				if saved != nil {
					var err error
					if p, err = Parse(saved); err != nil {
						t.Fatal(err)
					}
				}
				_ = New(o, p).Run(ctx)
				cancel()
				if saved != nil {
					p, _ = Parse(saved)
				}
				finished = !p.Finished.IsZero() && p.Began.IsZero()
			}
			want := map[string]bool{}
			for id := range gone {
				if gone[id] {
					want[fmt.Sprint(id)] = true
				}
			}
			if diff := cmp.Diff(want, written); diff != "" {
				t.Errorf("seed %d: gone (-) and written (+):\n%s", seed, diff)
			}
			expired += x.expired
			jobs += len(x.jobs)
		})
	}
	if restarts < 80 || expired < 10 || jobs < 200 {
		t.Errorf("only %d restarts, %d expired jobs of %d", restarts, expired, jobs)
	}
}

func TestTheNextRoundIsADayLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &side{rng: rand.New(rand.NewPCG(1, 1)), gone: map[uint64]bool{}}
		var ends []time.Time
		ctx, cancel := context.WithTimeout(t.Context(), 71*time.Hour)
		defer cancel()
		_ = New(Options{
			API: x, Archive: shelf{"1": {5}}, Every: 24 * time.Hour, IDs: 10, Poll: time.Second, Logger: slog.New(slog.DiscardHandler),
			Pause: func(int, error) time.Duration { return time.Minute },
			Save: func(_ context.Context, p Progress) error {
				if p.Began.IsZero() {
					ends = append(ends, p.Finished)
				}
				return nil
			},
			Gone: func(context.Context, []xapi.Result) error { return nil },
		}, Progress{}).Run(ctx)
		if len(ends) != 3 || ends[1].Sub(ends[0]) < 24*time.Hour || ends[1].Sub(ends[0]) > 25*time.Hour {
			t.Errorf("rounds ended at %v", ends)
		}
	})
}

// stuck is a side whose first job gets nowhere.
type stuck struct{ *side }

func (s stuck) Job(ctx context.Context, id string) (xapi.Job, error) {
	if id == "1" {
		return s.find(id).Job, nil
	}
	return s.side.Job(ctx, id)
}

func (s stuck) CreateJob(ctx context.Context, name string) (xapi.Job, error) {
	if len(s.jobs) > 0 {
		s.find("1").Status = xapi.JobExpired // so that there may be another one
	}
	return s.side.CreateJob(ctx, name)
}

func TestAJobThatNeverEndsIsMadeAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := stuck{&side{rng: rand.New(rand.NewPCG(2, 1)), gone: map[uint64]bool{5: true}}}
		began := time.Now()
		var gone []xapi.Result
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Hour)
		defer cancel()
		_ = New(Options{
			API: x, Archive: shelf{"1": {5}}, Every: 24 * time.Hour, IDs: 10, Poll: time.Second, Logger: slog.New(slog.DiscardHandler),
			Pause: func(int, error) time.Duration { return time.Minute },
			Save:  func(context.Context, Progress) error { return nil },
			Gone: func(_ context.Context, results []xapi.Result) error {
				gone = append(gone, results...)
				if took := time.Since(began); took < longestJob || took > longestJob+time.Hour {
					t.Errorf("it took %s", took)
				}
				return nil
			},
		}, Progress{}).Run(ctx)
		if len(gone) != 1 {
			t.Errorf("%v are gone", gone)
		}
	})
}
