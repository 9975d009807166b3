package archive

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/sink/archive/bucket"
)

// watched calls before with the name of each object that is about to be put whole.
type watched struct {
	*store
	before func(name string)
}

func (w *watched) Put(ctx context.Context, name string, body io.ReaderAt, size int64, o bucket.Options) error {
	w.before(name)
	return w.store.Put(ctx, name, body, size, o)
}

// Whoever finds a dead owner's offset must know what that was about to put, and must not find an offset behind it.
func TestAnObjectIsPutOnlyWhileItIsAnnouncedAndItsOffsetHasNotMoved(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	admin := kadm.NewClient(kafkatest.Client(t, kafka))
	var put atomic.Int32
	store := &watched{store: newStore(t), before: func(name string) {
		object, ok := archived.ParseName(name)
		if !ok {
			return // what follows from an object
		}
		put.Add(1)
		offsets, err := admin.FetchOffsets(context.WithoutCancel(t.Context()), group)
		if err != nil {
			t.Error(err)
			return
		}
		if at, _ := offsets.Lookup(object.Topic, object.Partition); at.At > object.First || !strings.Contains(at.Metadata, `"`+name+`"`) {
			t.Errorf("while %s is put, the committed offset is %d with %q", name, at.At, at.Metadata)
		}
	}}
	produce(t, kafka, 100)
	stop := start(t, kafka, store, every(20))
	awaitCommitted(t, kafka)
	stop()
	store.check(t, kafka)
	if put.Load() < 5 {
		t.Errorf("%d objects were put", put.Load())
	}
}
