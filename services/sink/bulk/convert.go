package bulk

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Convert runs w on the items that itemsOf makes of each batch, until batches is closed and each item is settled; see
// Writer.Run. A batch is converted while others are sent.
func Convert[B any](ctx context.Context, w *Writer, batches <-chan B, itemsOf func(B) []*Item, held func(bool)) error {
	items := make(chan []*Item)
	working, ctx := errgroup.WithContext(ctx)
	working.Go(func() error { return w.Run(ctx, items, held) })
	working.Go(func() error {
		defer close(items)
		for {
			var batch B
			var more bool
			select {
			case batch, more = <-batches:
			case <-ctx.Done():
			}
			if !more {
				return context.Cause(ctx)
			}
			select {
			case items <- itemsOf(batch):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
	return working.Wait()
}
