package ledger

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// conclude judges what is open and adds everything up.
func (a *auditor) conclude(ctx context.Context, p progress, out *account.Account) error {
	out.Partitions = a.partitions()
	a.tellNoted(out)
	lag, compacted, err := a.compactionLag(ctx)
	if err != nil {
		return err
	}
	for i := range out.Partitions {
		of := &out.Partitions[i]
		if of.Topic != topic.Raw {
			continue
		}
		pending, found := a.book.Origins.Judge(of.Partition, at(p.enriched, topic.Raw, of.Partition), a.limitTo(of.Partition), func(offset int64, open account.Open) bool {
			// Compaction keeps the last record of a key, so only one that is not may have gone.
			return compacted && open.At.Before(out.At.Add(-lag)) && a.book.posts.LastOrigin(open.Key) > offset
		})
		of.Pending, of.Compacted = pending, a.book.Origins.Compacted(of.Partition)
		a.tell(out, found...)
	}
	if a.index != nil {
		if err := a.judgeIndex(ctx, p, out); err != nil {
			return err
		}
	}
	a.judgeHanded(out)
	if n := a.book.copies.Dropped; n > 0 {
		a.notes = append(a.notes, fmt.Sprintf("%d records were not held against what was made of them, or it not against them: more of them wait than are remembered", n))
	}
	out.Posts.Looks, out.Posts.Refused, out.Posts.Judged = a.book.posts.Looks, a.book.posts.Refused, a.book.judged
	out.Again = a.again
	out.Posts.Remembered = int64(a.book.posts.Len())
	if a.index == nil {
		a.book.posts.Pass()
	}
	a.book.posts.Forget(a.cfg.RememberPosts)
	a.findings(out)
	out.Close()
	return nil
}

// findings takes over what was found.
func (a *auditor) findings(out *account.Account) {
	out.Findings, out.Counts, out.FindingsAll, out.Notes = a.kept.List, a.kept.Counts, a.kept.Total(), a.notes
	if out.Findings == nil {
		out.Findings = []account.Finding{}
	}
	if out.Counts == nil {
		out.Counts = map[account.Kind]int64{}
	}
}

// limitTo is where judging tweets.raw ends: at the end of the audit's business, or where it was asked to end.
func (a *auditor) limitTo(number int32) int64 {
	limit := a.limit(topic.Raw)(number)
	if a.to.isOffset {
		return min(limit, a.to.offset)
	}
	if offset, ok := a.toOffsets[topic.Raw][number]; ok && offset >= 0 {
		return min(limit, offset)
	}
	return limit
}

func (a *auditor) judgeIndex(ctx context.Context, p progress, out *account.Account) error {
	if a.book.posts.Partial {
		a.notes = append(a.notes, "not every look at every post was read or is remembered, so documents that no record is of are not looked for")
	}
	if err := a.refresh(ctx); err != nil {
		return err
	}
	if !a.isAudit && a.rounds > 0 { // an audit judges everything once
		a.again.Posts += a.book.posts.Again(a.cfg.share(postsAgain))
	}
	for _, judge := range []func(context.Context, progress, *account.Account) error{a.judgePosts, a.judgeLetters} {
		if err := judge(ctx, p, out); err != nil {
			return err
		}
	}
	if err := a.scan(ctx, out); err != nil {
		return err
	}
	return a.shape(ctx, out)
}

func (a *auditor) judgeHanded(out *account.Account) {
	if a.truth == nil {
		return
	}
	h := &a.book.handed
	pending, found := h.Judge(out.At.Add(-a.cfg.Settle), a.began)
	sum := &account.HandedSum{Lines: h.Lines, Arrived: h.Arrived, Cut: h.Cut, Pending: pending, Pieces: h.Pieces, Unmatchable: h.Unmatchable + h.Dropped}
	for _, f := range found {
		switch f.Kind {
		case account.Lost:
			sum.Lost++
		case account.Unattributed:
			sum.Unattributed++
		default:
			sum.Invented++
		}
	}
	out.Handed = sum
	a.tell(out, found...)
}

// partitions are the rows of the account, in the order of the topics.
func (a *auditor) partitions() []account.Partition {
	var rows []account.Partition
	for _, topicName := range topicNames {
		for _, number := range slices.Sorted(maps.Keys(a.book.Partitions[topicName])) {
			of := a.book.Partitions[topicName][number]
			row := account.Partition{
				Topic: topicName, Partition: number, From: of.From, To: of.Next, Dropped: of.Dropped, Records: of.Records,
				Unattributed: of.Unattributed, Archive: of.Shelf, ArchivedTo: -1, Digest: fmt.Sprintf("%.8x", of.Chain),
			}
			if a.isArchived(topicName, number) {
				row.ArchivedTo = of.Covered
				row.Behind = of.waitingBelow(a.limit(topicName)(number))
			}
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b account.Partition) int {
		return cmp.Or(cmp.Compare(slices.Index(topicNames, a.Topic), slices.Index(topicNames, b.Topic)), cmp.Compare(a.Partition, b.Partition))
	})
	return rows
}

func (a *auditor) isArchived(topicName string, number int32) bool {
	return a.store != nil && slices.Contains(a.topics, topicName) && (a.partition < 0 || a.partition == number)
}
