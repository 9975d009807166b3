package ingest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// beganGroup is where it is kept when Bluesky was read for the first time: as the metadata of an offset that nobody reads
// from. It has no members, so a monitor of consumers may leave it out.
const beganGroup = "ingest-bluesky-began"

// beganTimeout bounds how long a start waits for what it can do without.
const beganTimeout = 10 * time.Second

// began remembers when reading began. Until the first post that matches, nothing in tweets.raw tells where a process that
// ended was in the stream; without this the next one would begin with its own present, and what came in between would be
// missed without a word.
type began struct {
	cfg broker.Config
	tel *telemetry.Stage
}

// position returns where to go on when tweets.raw does not tell: from where reading began, or 0 for the present when it has
// never begun, which is noted then. Where the broker does not let it, it warns and returns 0.
func (b began) position(ctx context.Context, now time.Time) int64 {
	ctx, cancel := context.WithTimeout(ctx, beganTimeout)
	defer cancel()
	at, err := b.ask(ctx, now)
	switch {
	case err != nil:
		b.tel.Logger.Warn("cannot tell when reading began: it begins with the present, and what has come since an earlier beginning is missed",
			"group", beganGroup, "error", err)
	case at == 0:
		b.tel.Logger.Info("reads Bluesky for the first time: begins with the present")
	default:
		b.tel.Logger.Info("no post has matched since reading began: goes on from there", "from", time.UnixMicro(at).UTC())
	}
	return at
}

func (b began) ask(ctx context.Context, now time.Time) (int64, error) {
	cl, err := kgo.NewClient(broker.Options(b.cfg, "ingest-began", b.tel)...)
	if err != nil {
		return 0, err
	}
	defer cl.Close()
	admin := kadm.NewClient(cl)
	noted, err := admin.FetchOffsets(ctx, beganGroup)
	if err == nil {
		err = noted.Error()
	}
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) { // which some brokers say of a group that nothing was noted for
		return 0, err
	}
	if o, there := noted.Lookup(topic.Raw, 0); there {
		at, err := strconv.ParseInt(o.Metadata, 10, 64)
		if err == nil && at > 0 && at <= now.UnixMicro() {
			return at, nil
		}
	}
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: topic.Raw, Partition: 0, At: 0, LeaderEpoch: -1, Metadata: strconv.FormatInt(now.UnixMicro(), 10)})
	return 0, admin.CommitAllOffsets(ctx, beganGroup, offsets)
}
