//go:build unix

package chaos

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"catsvdogs/services/chaos/plan"
	"catsvdogs/services/chaos/volume"
	"catsvdogs/services/pipeline/faultproxy"
)

// storeFaults are the S3 store's.
func storeFaults() []kind {
	const lane = "store"
	front := fronted{lane, "the store", "requests", func(s *scene) *faultproxy.Proxy { return s.storeFront }}
	return []kind{
		front.misbehaves("answer-lost", "puts an object and loses the answer", true, func() faultproxy.Fault { return faultproxy.LoseAnswer(faultproxy.Alternately(faultproxy.Puts)) }),
		front.misbehaves("no-conditions", "knows no conditions (501 for If-None-Match)", true, faultproxy.NoConditions),
		front.misbehaves("503", "has too much to do (503 SlowDown)", false, func() faultproxy.Fault { return faultproxy.Refuse(faultproxy.Any, faultproxy.SlowDown()) }),
		front.misbehaves("slow", "takes three seconds for an object", false, func() faultproxy.Fault { return faultproxy.Slow(faultproxy.Puts, 3*time.Second) }),
		front.misbehaves("says-full", "says that its drives are full (507)", false, func() faultproxy.Fault { return faultproxy.Refuse(faultproxy.Puts, faultproxy.StorageFull()) }),
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
			make: func(s *scene, _ *rand.Rand) fault { return fullStore(s.storeFront, s.storeDisk) },
		},
	}
}

// storeFull shows in what our proxy sees the store answer.
type storeFull struct {
	misbehaving
	disk *volume.Volume
}

func fullStore(front *faultproxy.Proxy, disk *volume.Volume) *storeFull {
	f := &storeFull{disk: disk}
	f.proxy = front
	f.how = func() faultproxy.Fault {
		return faultproxy.Watch(faultproxy.Puts, func(status int) bool { return status >= 500 })
	}
	f.awaited, f.unmet, f.met = "an object that the store does not take", "it takes all", "the disk is full, and the store itself has refused %d requests so far"
	return f
}

func (f *storeFull) inject(ctx context.Context) error {
	if err := f.misbehaving.inject(ctx); err != nil {
		return err
	}
	_, err := f.disk.Fill()
	return err
}

func (f *storeFull) heal(ctx context.Context) error {
	return errors.Join(f.misbehaving.heal(ctx), f.disk.Free())
}
