//go:build unix

package e2e

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// await polls until ok says so, for a minute and a half at most: a member of a group that was killed counts as one for
// six seconds, and a broker is away for some.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	awaitWithin(t, 90*time.Second, 20*time.Millisecond, what, ok)
}

// awaitWithin is await for what takes longer, or costs something to ask for.
func awaitWithin(t *testing.T, within, every time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(within)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		case <-time.After(every):
		}
	}
}

// awaitSettled waits until no transaction is open in a topic. A broker answers the end of one before its markers stand
// in every partition.
func awaitSettled(t *testing.T, admin *kadm.Client, topicName string) {
	t.Helper()
	await(t, "the end of the transactions in "+topicName, func() bool {
		ends, err1 := admin.ListEndOffsets(t.Context(), topicName)
		committed, err2 := admin.ListCommittedOffsets(t.Context(), topicName)
		settled := err1 == nil && err2 == nil
		ends.Each(func(end kadm.ListedOffset) {
			c, ok := committed.Lookup(topicName, end.Partition)
			settled = settled && ok && end.Err == nil && c.Err == nil && c.Offset == end.Offset
		})
		return settled
	})
}
