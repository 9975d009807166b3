package group

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/crashpoint"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
)

const (
	// commitEvery is how far what is committed may be behind what is safe, which is what a crash does again.
	commitEvery = 250 * time.Millisecond
	// commitTimeout bounds one commit.
	commitTimeout = 5 * time.Second
)

// Member is what a Store may ask of the session that it serves. Use it from any goroutine.
type Member struct {
	Client *kgo.Client

	tel      *telemetry.Stage
	intake   *intake
	progress *progress

	commits sync.Mutex      // one commit at a time; a partition is given away between two of them
	leaving context.Context // ends when nothing more is done for partitions that go

	stuck map[partition]bool // partitions that are paused on their own; of commitNowAndThen
}

// Hold stops the reading until it is called with false: nothing more is polled and the partitions are paused. The member
// stays in the group.
func (m *Member) Hold(on bool) { m.intake.hold(on) }

// revoked is called before partitions are given to another member: what is in hand of them is finished within a bound and
// committed, so that the new owner starts after it. What is put aside is not waited for: it would not be done, and the whole
// group would stand still as long as the bound. The group waits meanwhile; heartbeats go on.
func (m *Member) revoked(ctx context.Context, _ *kgo.Client, lost map[string][]int32) {
	crashpoint.At(crashpoint.IndexRebalance)
	if m.leaving.Err() == nil { // a session that has ended has finished and committed what it could
		bounded, cancel := context.WithTimeout(ctx, stage.DrainTimeout)
		defer cancel()
		defer context.AfterFunc(m.leaving, cancel)()
		if !m.progress.await(bounded, lost) {
			m.tel.Logger.Warn("partitions are given away with records in hand; the new owner does them again", "partitions", lost)
		}
		m.commit(ctx)
	}
	m.lost(ctx, nil, lost)
}

// lost is called when partitions are another member's already. To commit would move its offsets back.
func (m *Member) lost(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
	m.commits.Lock() // a commit that has begun may include them
	defer m.commits.Unlock()
	m.progress.drop(lost)
}

// commitNowAndThen commits until ctx ends.
func (m *Member) commitNowAndThen(ctx context.Context) {
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.commit(ctx)
			m.pauseStuck()
		case <-ctx.Done():
			return
		}
	}
}

// pauseStuck pauses each partition in which one record holds up the offset of many, and no other.
func (m *Member) pauseStuck() {
	stuck := m.progress.stuck()
	for at := range stuck {
		if !m.stuck[at] {
			m.Client.PauseFetchPartitions(map[string][]int32{at.topic: {at.number}})
			m.tel.Logger.Warn("a partition is paused until a record that is not done lets its offset go on", "partition", at.number, "records_after_it", mostBehind)
		}
	}
	for at := range m.stuck {
		if !stuck[at] {
			m.Client.ResumeFetchPartitions(map[string][]int32{at.topic: {at.number}})
		}
	}
	m.stuck = stuck
}

// commit commits what is safe of the partitions that are still owned. What fails stays to be committed.
func (m *Member) commit(ctx context.Context) {
	m.commits.Lock()
	defer m.commits.Unlock()
	offsets := m.progress.uncommitted()
	if len(offsets) == 0 {
		return
	}
	limited, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	var failed error
	m.Client.CommitOffsetsSync(limited, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		failed = errorOf(resp, err)
	})
	if failed == nil {
		m.progress.committed(offsets)
	} else if ctx.Err() == nil {
		m.tel.Logger.Warn("offsets are not committed yet; what was stored may be stored again, which changes nothing", "error", failed)
	}
}

func errorOf(resp *kmsg.OffsetCommitResponse, err error) error {
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return fmt.Errorf("%s/%d: %w", t.Topic, p.Partition, err)
			}
		}
	}
	return nil
}
