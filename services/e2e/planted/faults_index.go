package planted

func ofIndex() []Fault {
	const in = "services/sink"
	return []Fault{
		{
			Name:    "index-commits-past-failed-item",
			Happens: "The offset of whatever was stored last is committed: a crash loses the documents before it that wait.",
			Edits: []Edit{{
				in + "/group/progress.go", `	h.done = true
	p.freed(r.Record)`, `	h.done = true
	w.safe, w.moved = kgo.EpochOffset{Epoch: h.epoch, Offset: h.offset + 1}, true
	p.freed(r.Record)`,
			}},
			Tests: []Tests{{in + "/group", []string{"TestOnlyARunWithoutAGapMayBeCommitted", "TestRecordsThatAreDoneOutOfOrderAreCommittedUpToTheFirstGap"}}},
		},
		{
			Name:    "index-commits-for-another-owner",
			Happens: "What is done after a partition has gone to another member moves that member's offset.",
			Edits: []Edit{{
				in + "/group/progress.go", `		delete(p.owned, at)`, `		_ = at`,
			}},
			Tests: []Tests{{in + "/group", []string{"TestWhatIsDoneAfterAPartitionWasLostMovesNothing"}}},
		},
		{
			Name:    "index-takes-429-for-done",
			Happens: "What Elasticsearch pushes back under load counts as stored.",
			Edits: []Edit{{
				in + "/bulk/verdict.go", `	case status == http.StatusTooManyRequests, status >= 500,`, `	case status == http.StatusTooManyRequests:
		return Stored
	case status >= 500,`,
			}},
			Tests: []Tests{{in + "/bulk", []string{"TestEachItemOfAnAnswerHasItsOwnVerdict", "TestOnlyWhatWasPushedBackIsSentAgain"}}},
		},
		{
			Name:    "index-takes-409-for-failure",
			Happens: "A copy that is older than what the index has becomes a dead letter: each replay fills the topic with them.",
			Edits: []Edit{{
				in + "/bulk/verdict.go", `	case status == http.StatusConflict:
		return Stale`, `	case status == http.StatusConflict:
		return Refused`,
			}},
			Tests: []Tests{{in + "/bulk", []string{"TestEachItemOfAnAnswerHasItsOwnVerdict"}}},
		},
		{
			Name:    "index-guesses-at-an-odd-answer",
			Happens: "An answer with too few items is taken for the first ones: what it does not mention is committed and was never stored.",
			Edits: []Edit{{
				in + "/bulk/verdict.go", `	if len(bulk.Items) != len(items) {
		return nil,`, `	if len(bulk.Items) > len(items) {
		return nil,`,
			}},
			Tests: []Tests{{in + "/bulk", []string{"TestAnAnswerThatDoesNotMatchTheRequestIsAnError"}}},
		},
		{
			Name:    "index-without-version",
			Happens: "The last write stays: a replay or a bulk that is overtaken puts older counts over newer ones.",
			Edits:   []Edit{{in + "/bulk/request.go", `	if it.Version != nil {`, `	if it.Version != nil && it.Above {`}},
			Tests:   []Tests{{in + "/bulk", []string{"TestABodyHasAnActionAndADocumentALine", "TestTheLastWriteOfAnIDStaysWhateverOvertakesWhat"}}},
		},
		{
			Name:    "index-version-external",
			Happens: "A document that is made anew from the same observation is stale: re-enrichment changes nothing.",
			Edits:   []Edit{{in + "/bulk/request.go", `external_gte`, `external`}},
			Tests:   []Tests{{in + "/bulk", []string{"TestABodyHasAnActionAndADocumentALine"}}},
		},
		{
			Name:    "index-deletes-the-document",
			Happens: "A deletion removes the document; Elasticsearch forgets its version after a minute, and a late older copy brings the post back.",
			Edits: []Edit{
				{in + "/bulk/request.go", "	line = append(line, `{\"index\":{\"_index\":`...)", "	action := `{\"index\":{\"_index\":`\n	if it.Above {\n		action = `{\"delete\":{\"_index\":`\n	}\n	line = append(line, action...)"},
				{in + "/bulk/request.go", `	line = it.Document.AppendTo(line, sent)
`, `	if it.Above {
		return line
	}
	line = it.Document.AppendTo(line, sent)
`},
				{in + "/bulk/verdict.go", "			} `json:\"index\"`\n", "			} `json:\"index\"`\n			Delete *struct {\n				ID     string `json:\"_id\"`\n				Status int    `json:\"status\"`\n			} `json:\"delete\"`\n"},
				{in + "/bulk/verdict.go", `		got := bulk.Items[i].Index
`, `		if gone := bulk.Items[i].Delete; gone != nil {
			verdicts[i] = Verdict{Outcome: judge(gone.Status, ""), Status: gone.Status}
			continue
		}
		got := bulk.Items[i].Index
`},
			},
			Tests: []Tests{{in + "/index", []string{"TestTheNewestLookStaysAndADeletionWinsOverOneOfTheSameMillisecond", "TestADeletionWinsOverAnOlderCopyThatComesLater"}}},
		},
		{
			Name:    "index-deletion-loses-to-a-look",
			Happens: "Of a deletion and a look of the same millisecond the later write stays: the post may come back.",
			Edits:   []Edit{{in + "/index/input_tweets_enriched.go", `tweet.Version(observed) + 1), Above: true`, `tweet.Version(observed))`}},
			Tests:   []Tests{{in + "/index", []string{"TestTheNewestLookStaysAndADeletionWinsOverOneOfTheSameMillisecond"}}},
		},
		{
			Name:    "index-name-from-the-clock",
			Happens: "A post goes into the index of the month in which it is written: a look in the next month is a second document, and a deletion finds neither.",
			Edits:   []Edit{{in + "/index/input_tweets_enriched.go", `tweet.IndexName(place.CreatedAt, period)`, `tweet.IndexName(time.Now(), period)`}},
			Tests:   []Tests{{in + "/index", []string{"TestAPostsIndexFollowsFromItsCreation"}}},
		},
		{
			Name:    "index-does-not-wait-for-dead-letter",
			Happens: "A refused document's offset is committed before its dead letter is acknowledged: a broker that refuses it loses both.",
			Edits: []Edit{{
				in + "/index/serve.go", `	s.metrics.deadLetters.WithLabelValues(why.Reason).Inc()`, `	defer r.Done()
	s.metrics.deadLetters.WithLabelValues(why.Reason).Inc()`,
			}},
			Tests: []Tests{{in + "/index", []string{"TestARefusedDocumentHoldsItsOffsetUntilItsDeadLetterIsAcknowledged"}}},
		},
		{
			Name:    "dead-letters-by-their-own-place",
			Happens: "A dead letter is stored by where it stands itself: each repetition is another document.",
			Edits:   []Edit{{in + "/deadletters/input_tweets_dlq.go", `if d.OriginTopic == "" || d.OriginPartition == nil`, `if d.OriginTopic != "" || d.OriginPartition == nil`}},
			Tests:   []Tests{{in + "/deadletters", []string{"TestARefusalIsOneDocumentHoweverOftenItIsReadOrWritten"}}},
		},
	}
}
