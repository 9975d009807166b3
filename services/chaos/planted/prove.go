//go:build unix

package planted

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"catsvdogs/services/chaos"
	"catsvdogs/services/e2e/planted"
)

// Verdict says what became of a bug.
type Verdict string

// The verdicts. All but Found are failures.
const (
	Found    Verdict = "found"
	Missed   Verdict = "NOT FOUND"
	Mistaken Verdict = "FOUND AS SOMETHING ELSE"
	Outdated Verdict = "OUT OF DATE"
	Broken   Verdict = "THE RUN FAILED"
)

// Result is what became of one.
type Result struct {
	Bug     Bug
	Verdict Verdict
	As      []string // what the run said was wrong
	Detail  string   // of a failure, for a person
}

// ErrUnsound says that a run without any bug has found something, so that no run with one says anything.
var ErrUnsound = errors.New("without a planted bug the run finds something")

// Prove has a run without a bug find nothing under all of these faults, and then runs the bugs, so many at once, and passes each
// result to tell. root is the folder of the repository, and the working directory is in it; out receives what a run said once
// it is over. It takes some four minutes each. Its error says that a run could not be had, or wraps ErrUnsound.
func Prove(ctx context.Context, root string, bugs []Bug, seed uint64, atOnce int, out io.Writer, tell func(Result)) error {
	if err := sound(ctx, bugs, seed, out); err != nil {
		return err
	}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, atOnce))
	for _, b := range bugs {
		group.Go(func() error {
			var said bytes.Buffer
			r, err := prove(ctx, root, b, seed, &said)
			mu.Lock()
			defer mu.Unlock()
			_, _ = fmt.Fprintf(out, "\n%s: %s\n\n%s\n", b.Name, b.Happens, &said)
			if err != nil {
				return fmt.Errorf("%s: %w", b.Name, err)
			}
			tell(r)
			return nil
		})
	}
	return group.Wait()
}

// sound has all faults that the bugs are met by happen to the product as it is.
func sound(ctx context.Context, bugs []Bug, seed uint64, out io.Writer) error {
	var all []string
	cfg := chaos.Config{Seed: seed, Rate: chaos.UsualRate, Contest: contestFile, Brokers: 1}
	for _, b := range bugs {
		all = append(all, b.Meets...)
		cfg.Minutes, cfg.Brokers = max(cfg.Minutes, b.Minutes), max(cfg.Brokers, b.Brokers)
	}
	slices.Sort(all)
	cfg.Only = slices.Compact(all)
	said, err := run(ctx, cfg, out)
	if errors.Is(err, chaos.ErrFound) {
		return fmt.Errorf("%w: %s", ErrUnsound, strings.Join(wrong(said), "; "))
	}
	return err
}

const contestFile = "contest.yaml"

func prove(ctx context.Context, root string, b Bug, seed uint64, out io.Writer) (Result, error) {
	overlay, remove, err := b.Overlay(root)
	if errors.Is(err, planted.ErrOutdated) {
		return Result{Bug: b, Verdict: Outdated, Detail: err.Error()}, nil
	}
	if err != nil {
		return Result{}, err
	}
	defer remove()
	said, err := run(ctx, chaos.Config{
		Seed: seed, Minutes: b.Minutes, Only: b.Meets, Rate: chaos.UsualRate, Brokers: b.Brokers, Contest: contestFile, Overlay: overlay,
	}, out)
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	r := Result{Bug: b, As: wrong(said)}
	switch {
	case err == nil:
		r.Verdict = Missed
	case !errors.Is(err, chaos.ErrFound):
		r.Verdict, r.Detail = Broken, err.Error()
	default:
		r.Verdict = judge(b, r.As)
	}
	return r, nil
}

// judge says whether what is wrong is what the bug does.
func judge(b Bug, as []string) Verdict {
	for _, said := range as {
		if slices.ContainsFunc(b.Finds, func(want string) bool { return said == want || strings.Contains(said, want+" ") }) {
			return Found
		}
	}
	return Mistaken
}

func run(ctx context.Context, cfg chaos.Config, out io.Writer) (said []byte, err error) {
	var all bytes.Buffer
	cfg.Out = io.MultiWriter(&all, out)
	err = chaos.Run(ctx, cfg)
	return all.Bytes(), err
}

// In what a run says: how many findings of a kind the account has, and what else is wrong.
var (
	counted  = regexp.MustCompile(`(?m)^([a-z_]+): \d+$`)
	sentence = regexp.MustCompile(`(?m)^WRONG: (.*)$`)
)

// wrong is what a run has found wrong: the kinds of the account's findings, and sentences about what else.
func wrong(said []byte) (as []string) {
	for _, m := range counted.FindAllSubmatch(said, -1) {
		as = append(as, string(m[1]))
	}
	for _, m := range sentence.FindAllSubmatch(said, -1) {
		if text := string(m[1]); text != "the account does not balance" {
			as = append(as, text)
		}
	}
	return as
}
