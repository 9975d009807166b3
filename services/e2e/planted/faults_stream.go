package planted

func ofStream() []Fault {
	const in = "services/ingest/xstream"
	return []Fault{
		{
			Name:    "gap-ends-where-the-stream-was-lost",
			Happens: "The end of a gap is when the connection broke, not when it was back: what was posted meanwhile is never searched for.",
			Edits:   []Edit{{in + "/coverage.go", `gap{span{since: c.from, until: now.Add(overlap)}`, `gap{span{since: c.from, until: c.lost.Add(overlap)}`}},
			Tests:   []Tests{{in, []string{"TestAGapBeginsWhereTheStreamWasLastKnownToBeWhole", "TestARestartFillsTheGapFromTheLastRecordOn"}}},
		},
		{
			Name:    "gap-begins-without-overlap",
			Happens: "A gap begins with the newest post that came; the stream is not sorted, and older ones that were still to come are lost.",
			Edits:   []Edit{{in + "/coverage.go", `c.from = c.from.Add(-overlap)`, `c.from = c.from.Add(-overlap / 1000)`}},
			Tests:   []Tests{{in, []string{"TestAGapBeginsWhereTheStreamWasLastKnownToBeWhole", "TestAnEarlierProcessIsResumedAtItsLastPost"}}},
		},
		{
			Name:    "gap-forgotten-while-backfill-runs",
			Happens: "A connection that breaks during a backfill counts as one that has filled its gap.",
			Edits:   []Edit{{in + "/gaps.go", `s.filler.add(s.repaired.span) // who knows how much of the backfill has come`, `_ = s.repaired.span`}},
			Tests:   []Tests{{in, []string{"TestABackfillThatBreaksOffHasFilledNothing"}}},
		},
		{
			Name:    "gap-not-told",
			Happens: "What could not be got any more is only logged: no record says which posts are missing.",
			Edits:   []Edit{{in + "/outlet.go", `	o.put(ctx, tweet.Raw{Value: e.encode(), Kind: tweet.KindGap}, "", "")`, `	_, _ = ctx, tweet.Raw{Value: e.encode(), Kind: tweet.KindGap}`}},
			Tests:   []Tests{{in, []string{"TestWhatCannotBeFilledIsTold"}}},
		},
		{
			Name:    "silent-stream-is-waited-for",
			Happens: "A connection that stays open and sends nothing is kept for ever, as the first version of this system met it every 20 minutes.",
			Edits:   []Edit{{in + "/stall.go", `time.AfterFunc(after, func() { cancel(errStalled) })`, `time.AfterFunc(after, func() {})`}},
			Tests:   []Tests{{in, []string{"TestASilentConnectionIsGivenUp"}}},
		},
		{
			Name:    "edits-have-keys-of-their-own",
			Happens: "An edited post is keyed by the edit's own id: its versions are two posts, in two partitions.",
			Edits:   []Edit{{in + "/message.go", `xapi.FirstVersion(e.Data.ID, e.Data.History)`, `xapi.FirstVersion(e.Data.ID, nil)`}},
			Tests:   []Tests{{in, []string{"TestTheKeyIsTheIDOfThePostsFirstVersion"}}},
		},
	}
}
