package ledger

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

const (
	// readAtOnce is how many records are read before posts are judged and forgotten, so that memory stays bounded however
	// long the log is.
	readAtOnce = 100_000
	// readAhead is how far tweets.raw is read beyond where the enrichers are: each record there is remembered until
	// something was made of it.
	readAhead = 100_000
)

// first is where reading a partition begins.
func (a *auditor) first(topicName string, number int32, kafka logSpan) int64 {
	from := kafka.start
	switch {
	case a.from.isOffset && topicName == topic.Raw: // what was made of a record may be anywhere
		from = a.from.offset
	case a.from.isTime():
		if offset, ok := a.fromOffsets[topicName][number]; ok && offset >= 0 {
			from = offset
		}
	}
	return min(max(from, kafka.start), kafka.end)
}

// reader returns the reader of a topic, a new one when it has got partitions.
func (a *auditor) reader(p progress, topicName string) (*reader, error) {
	next := map[int32]int64{}
	for number, kafka := range p.logs[topicName] {
		of := a.book.partition(topicName, number)
		if of.From < 0 {
			of.From = a.first(topicName, number, kafka)
			of.Next = of.From
			of.Dropped = kafka.start
			switch topicName {
			case topic.Raw:
				a.book.Origins.Begin(number, of.From)
			case topic.Enriched:
				a.beginPosts(of, kafka)
			}
		}
		next[number] = max(of.Next, kafka.start)
		if topicName == topic.Raw && kafka.start > of.From {
			a.book.Origins.Forget(number, kafka.start)
		}
	}
	r := a.readers[topicName]
	if r != nil && len(r.next) == len(next) {
		return r, nil
	}
	if r != nil {
		r.close()
	}
	r, err := openReader(a.options, topicName, next)
	if err != nil {
		return nil, err
	}
	a.readers[topicName] = r
	return r, nil
}

// beginPosts says what of the index cannot be accounted for: looks from before where reading begins.
func (a *auditor) beginPosts(of *partition, kafka logSpan) {
	if of.From == 0 || a.wholeArchive() && of.From == kafka.start {
		return
	}
	a.book.posts.Partial = true
}

// read reads what is new of a topic.
func (a *auditor) read(ctx context.Context, p progress, topicName string) error {
	r, err := a.reader(p, topicName)
	if err != nil {
		return err
	}
	ends := map[int32]int64{}
	for number, kafka := range p.logs[topicName] {
		ends[number] = kafka.end
		if topicName == topic.Raw {
			ends[number] = min(kafka.end, max(at(p.enriched, topic.Raw, number), kafka.start)+readAhead)
		}
	}
	for {
		done, err := r.read(ctx, ends, readAtOnce, func(record *kgo.Record) {
			of := a.book.partition(topicName, record.Partition)
			of.take(record)
			switch topicName {
			case topic.Raw:
				a.book.takeRaw(record, a.truth != nil)
			case topic.Enriched:
				a.book.takeEnriched(record)
			default:
				a.book.takeLetter(record, a.index != nil)
			}
			a.tellProgress("records", topicName, record.Partition, of.Records)
		})
		if err != nil {
			return err
		}
		if topicName == topic.Raw {
			for number := range ends {
				a.book.note(a.book.Origins.Read(number, min(r.next[number], ends[number]))...)
			}
		}
		if done {
			return nil
		}
		if err := a.thin(ctx, p); err != nil {
			return err
		}
	}
}

// thin judges posts in the middle of a log that is longer than what is to be remembered, and forgets those that are well.
// What looks wrong may be so because the log was not read to its end.
func (a *auditor) thin(ctx context.Context, p progress) error {
	if a.index == nil {
		a.book.posts.Pass()
	}
	if a.index == nil || a.book.posts.Len() <= a.cfg.RememberPosts {
		a.book.posts.Forget(a.cfg.RememberPosts)
		return nil
	}
	if err := a.refresh(ctx); err != nil {
		return err
	}
	kept := a.kept
	err := a.judgePosts(ctx, p, &account.Account{})
	a.kept = kept
	a.book.posts.Forget(a.cfg.RememberPosts)
	return err
}
