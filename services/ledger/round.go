package ledger

import (
	"context"
	"time"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// round draws up an account: it reads what is new and judges what is open.
//
//	where the groups are ─▶ where the topics end ─▶ truth ─▶ tweets.dlq ─▶ tweets.enriched ─▶ tweets.raw ─▶ archive ─▶ index
//
// The order makes what is judged be there: who has committed an offset has written before, and the topics are read to ends
// that were asked for after that; a refusal is known before the look that was refused is judged.
//
// Its error says that no account could be drawn up; what was read is kept.
func (a *auditor) round(ctx context.Context) (*account.Account, error) {
	began := time.Now()
	a.kept = account.Findings{Most: a.cfg.MaxFindings}
	a.notes, a.deletedRead, a.deleted = nil, false, nil // the list of deletions grows for ever, and is seldom asked for
	a.book.posts.Round++
	p, err := a.ask(ctx)
	if err != nil {
		return nil, err
	}
	if a.rounds == 0 {
		if err := a.begin(ctx, p, began); err != nil {
			return nil, err
		}
	}
	out := &account.Account{At: began.UTC(), Round: a.rounds + 1, Parts: map[string]float64{}}
	lap := began
	part := func(name string) {
		now := time.Now()
		out.Parts[name] += now.Sub(lap).Seconds()
		lap = now
	}
	part("progress")
	if a.truth != nil {
		note, err := a.truth.read(ctx, &a.book.handed)
		if err != nil {
			return nil, err
		}
		if note != "" {
			a.notes = append(a.notes, note)
		}
		part("truth")
	}
	for _, topicName := range []string{topic.DeadLetter, topic.Enriched, topic.Raw} {
		if err := a.read(ctx, p, topicName); err != nil {
			return nil, err
		}
	}
	part("topics")
	if a.store != nil {
		for _, topicName := range a.topics {
			if err := a.judgeArchive(ctx, p, topicName); err != nil {
				return nil, err
			}
		}
		part("archive")
		if !a.isAudit {
			if err := a.judgeArchiveAgain(ctx, p); err != nil {
				return nil, err
			}
			part("archive_again")
		}
	}
	if err := a.conclude(ctx, p, out); err != nil {
		return nil, err
	}
	part("index")
	a.rounds++
	out.Took = time.Since(began).Seconds()
	return out, nil
}

// begin says where reading begins.
func (a *auditor) begin(ctx context.Context, p progress, now time.Time) error {
	if err := a.bounds(ctx); err != nil {
		return err
	}
	if a.isResumed {
		if err := a.check(ctx, p); err != nil {
			return err
		}
	}
	if a.isAudit {
		a.began, a.target = now, map[string]map[int32]int64{}
	}
	for topicName, logs := range p.logs {
		if a.target != nil {
			a.target[topicName] = map[int32]int64{}
		}
		for number, kafka := range logs {
			if a.target != nil {
				a.target[topicName][number] = kafka.end
			}
		}
	}
	return nil
}
