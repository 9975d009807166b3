//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"catsvdogs/services/chaos/plan"
	"catsvdogs/services/chaos/volume"
	"catsvdogs/services/pipeline/faultproxy"
)

// storeFaults are the S3 store's.
func storeFaults() []kind {
	const lane = "store"
	front := func(name, says string, essential bool, broken func() faultproxy.Fault) kind {
		return kind{
			Kind: plan.Kind{Name: "store-" + name, Lane: lane, Takes: 8 * time.Second, Essential: essential},
			says: "the store " + says, hold: 5 * time.Second,
			make: func(s *scene, _ *rand.Rand) fault { return &misbehaving{s.storeFront, broken, "requests"} },
		}
	}
	return []kind{
		front("answer-lost", "puts an object and loses the answer", true, func() faultproxy.Fault { return faultproxy.LoseAnswer(faultproxy.Puts) }),
		front("no-conditions", "knows no conditions (501 for If-None-Match)", true, faultproxy.NoConditions),
		front("503", "has too much to do (503 SlowDown)", false, func() faultproxy.Fault { return faultproxy.Refuse(faultproxy.Any, faultproxy.SlowDown()) }),
		front("slow", "takes three seconds for an object", false, func() faultproxy.Fault { return faultproxy.Slow(faultproxy.Puts, 3*time.Second) }),
		front("says-full", "says that its drives are full (507)", false, func() faultproxy.Fault { return faultproxy.Refuse(faultproxy.Puts, faultproxy.StorageFull()) }),
		{
			Kind: plan.Kind{Name: "store-killed", Lane: lane, Takes: 8 * time.Second, Essential: true},
			says: "kill -9 of the store, which comes back four seconds later", hold: 4 * time.Second,
			make: func(s *scene, _ *rand.Rand) fault { return &serverKilled{s.store} },
		},
		{
			Kind: plan.Kind{Name: "store-frozen", Lane: lane, Takes: 12 * time.Second},
			says: "the store is frozen for eight seconds", hold: 8 * time.Second,
			make: func(s *scene, _ *rand.Rand) fault { return &serverFrozen{s.store} },
		},
		{
			Kind: plan.Kind{Name: "store-disk-full", Lane: lane, Takes: 15 * time.Second},
			says: "the store's disk is full, and gets room again", hold: 8 * time.Second, able: func(s *scene) bool { return s.storeDisk != nil },
			make: func(s *scene, _ *rand.Rand) fault { return &storeFull{s, s.storeDisk} },
		},
	}
}

// storeFull shows in what our proxy sees the store answer.
type storeFull struct {
	*scene
	disk *volume.Volume
}

func (f *storeFull) inject(context.Context) error {
	f.storeFront.Break(faultproxy.Watch(faultproxy.Puts, func(status int) bool { return status >= 500 }))
	_, err := f.disk.Fill()
	return err
}

func (f *storeFull) evidence(ctx context.Context) (string, error) {
	err := await(ctx, proveWithin, "an object that the store does not take", func(context.Context) error {
		if f.storeFront.Done() == 0 {
			return errors.New("it takes all")
		}
		return nil
	})
	return fmt.Sprintf("the disk is full, and the store itself has refused %d requests so far", f.storeFront.Done()), err
}

func (f *storeFull) heal(context.Context) error {
	f.storeFront.Mend()
	return f.disk.Free()
}
