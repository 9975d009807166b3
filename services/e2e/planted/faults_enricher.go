package planted

func ofEnricher() []Fault {
	const in = "services/enricher"
	return []Fault{
		{
			Name:    "enricher-commits-outside-transaction",
			Happens: "Offsets are committed before the records are: a crash in between loses the batch.",
			Edits: []Edit{{
				in + "/enricher.go", `	produced := kgo.AbortingFirstErrPromise(session.Client())
`, `	_ = session.Client().CommitUncommittedOffsets(ctx)
	produced := kgo.AbortingFirstErrPromise(session.Client())
`,
			}},
			Tests: []Tests{{in, []string{"TestATransactionThatFailsIsDoneAgainAndShowsNothing"}}},
		},
		{
			Name:    "enricher-commits-without-produce",
			Happens: "A record of each batch is left out, and its offset is committed with the others.",
			Edits: []Edit{{
				in + "/enricher.go", `		session.Produce(ctx, results[i].record, produced.Promise())`, `		if i > 0 || len(results) == 1 {
			session.Produce(ctx, results[i].record, produced.Promise())
		}`,
			}},
			Tests: []Tests{{in, []string{"TestEveryRawRecordLeavesOnceAsADocumentOrADeadLetter"}}},
		},
		{
			Name:    "enricher-commits-what-was-refused",
			Happens: "The transaction is committed although the broker has refused a record of it.",
			Edits:   []Edit{{in + "/enricher.go", `	produceErr := settled(ctx, produced)`, `	_, produceErr := produced.Err(), error(nil)`}},
			Tests:   []Tests{{in, []string{"TestABatchOfWhichARecordIsRefusedIsNotCommitted"}}},
		},
		{
			Name:    "enricher-loses-dead-letters",
			Happens: "A record that is refused is counted and passed over; nobody can ever look at it.",
			Edits: []Edit{{
				in + "/enricher.go", `		session.Produce(ctx, results[i].record, produced.Promise())`, `		if results[i].refused == nil {
			session.Produce(ctx, results[i].record, produced.Promise())
		}`,
			}},
			Tests: []Tests{{in, []string{"TestEveryRawRecordLeavesOnceAsADocumentOrADeadLetter"}}},
		},
		{
			Name:    "enricher-loses-order-of-a-post",
			Happens: "A batch is written from its end: of two looks at a post the older one comes last.",
			Edits:   []Edit{{in + "/enricher.go", `session.Produce(ctx, results[i].record, produced.Promise())`, `session.Produce(ctx, results[len(results)-1-i].record, produced.Promise())`}},
			Tests:   []Tests{{in, []string{"TestLooksAtAPostLeaveInTheOrderInWhichTheyCame"}}},
		},
		{
			Name:    "enricher-mixes-up-a-batch-on-many-cores",
			Happens: "Each core begins a record too late: at the seams of a batch records get no result.",
			Edits:   []Edit{{in + "/batch.go", `			for i := from; i < to; i++ {`, `			for i := from + min(w, 1); i < to; i++ {`}},
			Tests:   []Tests{{in, []string{"TestLooksAtAPostLeaveInTheOrderInWhichTheyCame"}}},
		},
		{
			Name:    "enricher-fence-by-chance",
			Happens: "Each start has a transactional id of its own: a predecessor that only seemed dead can still commit.",
			Edits:   []Edit{{in + "/input_tweets_raw.go", `kgo.TransactionalID(name),`, `kgo.TransactionalID(name + time.Now().Format(time.RFC3339Nano)),`}},
			Tests:   []Tests{{in, []string{"TestASuccessorEndsWhatItsPredecessorHasLeftOpen"}}},
		},
		{
			Name:    "enricher-leaves-open-transaction",
			Happens: "A start does not end what a crashed predecessor left open: nobody reads past it until it times out.",
			Edits:   []Edit{{in + "/input_tweets_raw.go", `	if _, _, err := session.Client().ProducerID(ctx); err != nil {`, `	if err := ctx.Err(); err != nil {`}},
			Tests:   []Tests{{in, []string{"TestASuccessorEndsWhatItsPredecessorHasLeftOpen"}}},
		},
		{
			Name:    "enricher-one-poison-record-stops-its-partition",
			Happens: "A document that no broker takes is produced all the same: its batch fails again and again.",
			Edits:   []Edit{{in + "/output_tweets_enriched.go", `n > topic.MaxRecordBytes-recordOverhead`, `n > 100*topic.MaxRecordBytes-recordOverhead`}},
			Tests:   []Tests{{in, []string{"TestHugeAndManyHeadersDoNotStopAPartition"}}},
		},
		{
			Name:    "redrive-forgets-attempts",
			Happens: "A dead letter that is put back does not say how often it was: what no fix heals goes round for ever.",
			Edits:   []Edit{{"services/pipeline/delivery/redrive.go", `int64(min(n+1, maxAttempt))`, `int64(min(max(n, 1), maxAttempt))`}},
			Tests:   []Tests{{"services/pipeline/delivery", []string{"TestARecordComesBackAsItWasWithACountHoweverOftenItIsRefused"}}},
		},
		{
			Name:    "redrive-without-resolution",
			Happens: "Nothing says that a dead letter was put back: the next run puts all of them back again.",
			Edits:   []Edit{{in + "/redrive/writer.go", `		w.client.Produce(ctx, delivery.Resolution(letter, now), produced.Promise())`, `		_ = now`}},
			Tests:   []Tests{{in + "/redrive", []string{"TestTheSecondRunFindsNothingToDo"}}},
		},
	}
}

func ofDocument() []Fault {
	const in = "services/enricher/enrich"
	return []Fault{
		{
			Name:    "contest-first-rule-only",
			Happens: "A post counts for the first rule that it matches, as in the first version: one with cats and dogs is miscounted.",
			Edits:   []Edit{{in + "/document.go", `	for _, r := range p.matched {`, `	for _, r := range p.matched[:min(len(p.matched), 1)] {`}},
			Tests:   []Tests{{in, []string{"TestEveryGoldenLineGivesItsGoldenDocument"}}},
		},
		{
			Name:    "late-line-counts-as-a-look",
			Happens: "A line that is delivered again is as new as its delivery: it takes back later counts, and deletions.",
			Edits:   []Edit{{in + "/document.go", `return millis(p.version)`, `return millis(raw.ObservedAt)`}},
			Tests:   []Tests{{in, []string{"TestALineOfTheStreamIsAsOldAsItsVersionHoweverLateItComes"}}},
		},
		{
			Name:    "popularity-without-logarithm",
			Happens: "One viral post decides the contest of the day.",
			Edits:   []Edit{{"services/pipeline/tweet/popularity.go", `math.Round(math.Log1p(e)*1e4)`, `math.Round(e*1e4)`}},
			Tests:   []Tests{{"services/pipeline/tweet", []string{"TestPopularityWeighsEngagementAndDampsIt", "TestPopularityStaysANumberAtTheEnds"}}},
		},
		{
			Name:    "sentiment-without-negation",
			Happens: `"Not good" is as good as "good".`,
			Edits: []Edit{{
				"services/enricher/sentiment/valence.go", `	case s.words[i-distance].negates:
		return float64(v * negationFactor)`, `	case s.words[i-distance].negates:
		return v`,
			}},
			Tests: []Tests{{"services/enricher/sentiment", []string{"TestEveryGoldenSentenceScoresAsTheReferenceScoresIt"}}},
		},
	}
}
