package ledger

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
)

// auditor draws up accounts, each going on where the last one ended. One goroutine at a time may use it.
type auditor struct {
	cfg     Config
	logger  *slog.Logger
	kafka   *kgo.Client // for questions
	options []kgo.Opt   // to read with
	index   esapi.Transport
	store   *minio.Client
	truth   *truth // nil where none is given

	isAudit                bool // and not a watch
	isResumed              bool // from a file
	from, to               bound
	exact                  bool     // from is a moment, and not an hour
	topics                 []string // whose archive is audited
	partition              int32    // whose archive is audited; -1 for all
	fromOffsets, toOffsets map[string]map[int32]int64
	// target is where the topics ended when the audit began, and began when that was: what has come since is none of its
	// business. nil in a watch.
	target map[string]map[int32]int64
	began  time.Time

	book        *book
	readers     map[string]*reader
	rounds      int64
	scannedTo   time.Time       // up to where what was indexed was looked at for good
	glancedTo   time.Time       // and up to where once
	strangers   map[string]int  // documents that nobody can account for, and for how many rounds
	indices     map[string]bool // of posts, that there were in the round before
	again       account.AgainSum
	shelfAgain  shelfAgain
	deleted     deletions
	deletedRead bool // in this round
	notes       []string
	kept        account.Findings // of this round
	told        time.Time
}

func newAuditor(cfg Config, logger *slog.Logger) (*auditor, error) {
	a := &auditor{
		cfg: cfg, logger: logger, options: append(broker.Dialing(cfg.Kafka), kgo.ClientID("ledger"), kgo.AlwaysRetryEOF()),
		topics: []string{topic.Raw, topic.Enriched}, partition: -1, book: newBook(cfg.RememberPosts),
		readers: map[string]*reader{}, strangers: map[string]int{},
		told: time.Now(),
	}
	var err error
	if a.book.contest, err = readContest(cfg.Contest); err != nil {
		return nil, err
	}
	if cfg.Index {
		if a.index, err = elastic.Connect(cfg.Elasticsearch); err != nil {
			return nil, err
		}
	}
	if cfg.Archive {
		if a.store, err = objectstore.Connect(cfg.S3); err != nil {
			return nil, err
		}
	}
	if cfg.Truth != "" || cfg.TruthURL != "" {
		a.truth = &truth{path: cfg.Truth, url: cfg.TruthURL, client: &http.Client{Timeout: truthWait}}
	}
	if a.kafka, err = kgo.NewClient(a.options...); err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	return a, nil
}

func (a *auditor) close() {
	for _, r := range a.readers {
		r.close()
	}
	a.kafka.Close()
	if a.truth != nil {
		a.truth.client.CloseIdleConnections()
	}
}

// limit is where the audit's business ends in a topic.
func (a *auditor) limit(topicName string) func(partition int32) int64 {
	return func(partition int32) int64 {
		if end, ok := a.target[topicName][partition]; ok {
			return end
		}
		if a.target != nil {
			return 0 // the partition has come since
		}
		return noLimit
	}
}

// tell takes a finding of this round.
func (a *auditor) tell(out *account.Account, found ...account.Finding) {
	a.kept.Add(found...)
	for _, f := range found {
		count(out, f, 1)
	}
}

// tellNoted takes what was found before and stays.
func (a *auditor) tellNoted(out *account.Account) {
	a.tell(out, a.book.found...)
	for of, n := range a.book.unlisted {
		a.kept.AddMore(of.Kind, n)
		count(out, of, n)
	}
}

func count(out *account.Account, of account.Finding, n int64) {
	for i := range out.Partitions {
		if p := &out.Partitions[i]; p.Topic == of.Topic && p.Partition == of.Partition {
			p.Count(of.Kind, n)
		}
	}
}

// progressEvery is how often long work says how far it is.
const progressEvery = 5 * time.Second

func (a *auditor) tellProgress(what, topicName string, partition int32, records int64) {
	if time.Since(a.told) < progressEvery {
		return
	}
	a.told = time.Now()
	a.logger.Info("auditing", "what", what, "topic", topicName, "partition", partition, "records", records)
}

// bounds asks Kafka for the offsets of bounds that are times.
func (a *auditor) bounds(ctx context.Context) error {
	a.fromOffsets, a.toOffsets = map[string]map[int32]int64{}, map[string]map[int32]int64{}
	for _, one := range []struct {
		bound bound
		at    time.Time
		into  map[string]map[int32]int64
	}{{a.from, a.from.hour(), a.fromOffsets}, {a.to, a.to.nextHour(), a.toOffsets}} {
		if !one.bound.isTime() {
			continue
		}
		if a.exact && one.bound == a.from {
			one.at = a.from.at
		}
		for _, topicName := range topicNames {
			offsets, err := a.offsetsAt(ctx, topicName, one.at)
			if err != nil {
				return err
			}
			one.into[topicName] = offsets
		}
	}
	return nil
}
