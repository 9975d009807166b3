package ingest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/xapi"
)

// Bounds on values of Config.
const (
	minBufferBytes = 2 * topic.MaxRecordBytes // a batch on its way, and as much again behind it
	maxBufferBytes = 16 << 30
	minStall       = 20 * time.Second // X sends a keep-alive at least that often
	maxStall       = time.Minute
)

// blueskyStall is how long Jetstream may send no event. The posts of a whole network are never silent for so long.
const blueskyStall = 30 * time.Second

// Config is what ingest can be told.
type Config struct {
	Kafka     broker.Config    `embed:""`
	Telemetry telemetry.Config `embed:""`

	Contest string `name:"contest" help:"Contest file: teams, hashtags and the rules that posts must match." default:"contest.yaml" placeholder:"FILE"`

	Source       string `name:"source" help:"Where posts come from: ${enum}. auto is x when a bearer token is given, otherwise the simulator when its address is." default:"auto" enum:"auto,x,simulator,bluesky,file,archive"`
	SimulatorURL string `name:"simulator-url" help:"Server that speaks the X API with made-up posts, over http or https. It gets no bearer token of X." placeholder:"URL"`

	API xapi.Config `embed:""`

	OwnAllRules  bool          `name:"own-all-rules" help:"Remove stream rules of the X account that are not the contest's. Without it they are left and reported. A simulator's rules are always ours."`
	StallTimeout time.Duration `name:"stall-timeout" help:"Reconnect to X or the simulator when not a byte has come for this long (20s to 1m, plus a second's grace)." default:"20s" placeholder:"DURATION"`

	X XConfig `embed:""`

	BlueskyURL []string `name:"bluesky-url" help:"Hosts of Bluesky's Jetstream (the first version of its wire), tried in turn: names, or addresses with ws or wss." default:"wss://jetstream1.us-east.bsky.network/subscribe,wss://jetstream2.us-east.bsky.network/subscribe,wss://jetstream1.us-west.bsky.network/subscribe,wss://jetstream2.us-west.bsky.network/subscribe" placeholder:"HOST"`

	File       string `name:"file" help:"Lines as X's stream sends them, or Jetstream (--file-source=bluesky), a post or an event each, for --source=file; - is the standard input. Ingest ends when all are written." placeholder:"PATH"`
	FileSource string `name:"file-source" help:"Whose posts the file holds: ${enum}. Those of the simulator are shown as made up." default:"x" enum:"x,simulator,bluesky"`

	BufferBytes int64 `name:"buffer-bytes" help:"Bytes of lines held while the broker is slow or away. When they are full, reading waits, or spools (--spool-dir). Default ${default}." default:"67108864" placeholder:"N"`

	Spool SpoolConfig `embed:""`

	Archive ArchiveConfig `embed:""`

	DryRun bool `name:"dry-run" help:"Change nothing and end: of X and the simulator print what would change about the stream rules, of the archive what would be replayed."`

	// Newborn says that X's stream, or the simulator's, began together with this process: nothing was missed before.
	Newborn bool `kong:"-"`
	// Dial opens connections to X and the simulator; nil for TCP.
	Dial xapi.Dialer `kong:"-"`
	// Out receives what a dry run prints; nil is standard output.
	Out io.Writer `kong:"-"`
}

// ProbeAddr is where the process answers /readyz.
func (c Config) ProbeAddr() string { return c.Telemetry.ProbeAddr() }

// Validate returns every mistake, each with the flag and what to do. Of the sources only the one that is used is looked
// at.
func (c Config) Validate() error {
	errs := []error{c.Kafka.Check(), c.Telemetry.Check()}
	loaded, err := c.contest()
	errs = append(errs, err)
	switch c.source() {
	case sourceX:
		errs = append(errs, c.API.Check(), c.checkX(loaded))
	case sourceSimulator:
		_, err := xapi.SimulatorURL(c.SimulatorURL)
		errs = append(errs, err, c.checkX(loaded))
	case sourceBluesky:
		_, err := c.blueskyHosts()
		errs = append(errs, err)
	case sourceFile:
		if c.File == "" {
			errs = append(errs, errors.New("--file: give the file to read, or - for the standard input"))
		}
	case sourceArchive:
		errs = append(errs, c.Archive.check())
	default:
		errs = append(errs, c.noSource())
	}
	if c.DryRun && (c.source() == sourceBluesky || c.source() == sourceFile) {
		errs = append(errs, errors.New("--dry-run: shows what would change about the stream rules of X and the simulator, and what of the archive would be replayed; leave it out"))
	}
	if c.StallTimeout < minStall || c.StallTimeout > maxStall {
		errs = append(errs, fmt.Errorf("--stall-timeout: %s is out of range; give %s to %s, X's keep-alives come every %s",
			c.StallTimeout, minStall, maxStall, minStall))
	}
	if c.BufferBytes < minBufferBytes || c.BufferBytes > maxBufferBytes {
		errs = append(errs, fmt.Errorf("--buffer-bytes: %d is out of range; give %d to %d", c.BufferBytes, minBufferBytes, maxBufferBytes))
	}
	errs = append(errs, c.Spool.check(c.BufferBytes))
	return errors.Join(errs...)
}

// out is where a dry run prints.
func (c Config) out() io.Writer {
	if c.Out != nil {
		return c.Out
	}
	return os.Stdout
}

// checkX looks at the plan and at the rules for it. loaded is nil when the contest could not be read.
func (c Config) checkX(loaded *contest.Contest) error {
	if err := c.X.check(); err != nil || loaded == nil {
		return err
	}
	return c.X.checkRules(loaded.StreamRules())
}

// contest returns what the contest file holds.
func (c Config) contest() (*contest.Contest, error) {
	loaded, err := contest.Load(c.Contest)
	if err != nil {
		return nil, fmt.Errorf("--contest: %w", err)
	}
	return loaded, nil
}
