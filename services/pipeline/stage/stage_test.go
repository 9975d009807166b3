package stage

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStagesStopInTheOrderOfTheDataEachAfterTheOneBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var order []string
		drains := func(name string) Stage {
			return Stage{Name: name, Run: func(ctx context.Context) error {
				<-ctx.Done()
				order = append(order, name+" stops")
				time.Sleep(time.Second) // fake time: what the stage still writes
				order = append(order, name+" is done")
				return nil
			}}
		}
		g := Start(t.Context(), drains("first"), drains("second"))
		synctest.Wait()
		if err := g.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(order, ", "); got != "first stops, first is done, second stops, second is done" {
			t.Error(got)
		}
	})
}

func TestAStageThatEndsByItselfIsReported(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, end := range map[string]error{"with an error": broken, "without one": nil} {
		g := Start(t.Context(),
			Stage{Name: "sound", Run: func(ctx context.Context) error { <-ctx.Done(); return nil }},
			Stage{Name: "faulty", Run: func(context.Context) error { return end }})
		err := <-g.Failed()
		if !strings.HasPrefix(err.Error(), "faulty: ") || end != nil && !errors.Is(err, broken) {
			t.Errorf("%s: got %v", name, err)
		}
		if err := g.Stop(t.Context()); err == nil {
			t.Errorf("%s: the stop keeps quiet about it", name)
		}
	}
}

func TestAStopThatTakesTooLongCancelsAllAtOnce(t *testing.T) {
	t.Parallel()
	waits := func(ctx context.Context) error { <-ctx.Done(); return nil }
	second := make(chan struct{})
	g := Start(t.Context(),
		Stage{Name: "waits for the second", Run: func(context.Context) error { <-second; return nil }},
		Stage{Name: "second", Run: func(ctx context.Context) error { defer close(second); return waits(ctx) }})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestDetachedWorkOutlivesAStopForTheDrainTimeoutOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, stop := context.WithCancel(t.Context())
		ctx, cancel := Detached(parent)
		defer cancel()
		time.Sleep(time.Hour)
		stop()
		stopped := time.Now()
		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatal("the work ended with the stop")
		}
		<-ctx.Done()
		if took := time.Since(stopped); took != DrainTimeout {
			t.Errorf("the work ended after %s, want %s", took, DrainTimeout)
		}
		if !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			t.Errorf("cause: %v", context.Cause(ctx))
		}
	})
}

func TestDetachedWorkLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, stop := context.WithCancel(t.Context())
		ctx, cancel := Detached(parent)
		stop()
		synctest.Wait()
		cancel()
		<-ctx.Done()
	})
}

func TestSessionsStartOverWithGrowingPausesUntilTheStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var pauses []time.Duration
		sessions := 0
		Sessions(ctx, func(context.Context) error {
			sessions++
			if sessions == 12 {
				stop()
				return nil
			}
			return errors.New("broker away")
		}, func(_ error, again time.Duration) { pauses = append(pauses, again) })
		if len(pauses) != 11 {
			t.Fatalf("%d pauses", len(pauses))
		}
		// Half a second, with jitter of a half, to half a minute, with jitter of a half.
		if pauses[0] > time.Second || pauses[10] < 10*time.Second || pauses[10] > 46*time.Second {
			t.Errorf("pauses %v", pauses)
		}
	})
}

func TestOnlyTheStopItselfCountsAsEnded(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	if Ended(ctx, context.Canceled) {
		t.Error("ended before the stop")
	}
	stop()
	if !Ended(ctx, context.Canceled) || Ended(ctx, errors.New("disk full")) {
		t.Error("the stop is not told from a failure")
	}
}
