package planted

func ofIngest() []Fault {
	const in = "services/ingest"
	return []Fault{
		{
			Name:    "ingest-asks-one-replica",
			Happens: "A write counts as safe when the leader has it alone; the leader's disk dies, and with it acknowledged posts.",
			Edits:   []Edit{{in + "/output_tweets_raw.go", `RequiredAcks: kafka.RequireAll,`, `RequiredAcks: kafka.RequireOne,`}},
			Tests:   []Tests{{in, []string{"TestAWriteAsksForTheAcknowledgementOfAllReplicas"}}},
		},
		{
			Name:    "ingest-acknowledges-before-write",
			Happens: "What was only taken counts as written: the position moves past posts that a crash takes away.",
			Edits: []Edit{{
				in + "/output_tweets_raw.go", `	crashpoint.At(crashpoint.IngestTaken)
`, `	crashpoint.At(crashpoint.IngestTaken)
	o.acknowledged.Add(int64(len(messages)))
`,
			}},
			Tests: []Tests{{in, []string{"TestNothingIsAcknowledgedThatTheBrokerHasNotTaken"}}},
		},
		{
			Name:    "ingest-checkpoint-before-record",
			Happens: "The position that is kept is that of the newest post, written or not: a restart begins behind posts that were lost.",
			Edits:   []Edit{{in + "/keeper.go", `k.marks[0].delivered <= acknowledged {`, `k.marks[0].delivered <= max(delivered, acknowledged) {`}},
			Tests:   []Tests{{in, []string{"TestThePositionThatIsKeptIsNeverAheadOfTheBroker"}}},
		},
		{
			Name:    "ingest-drops-on-full-buffer",
			Happens: "While the broker is slow, posts are dropped instead of the reader waiting.",
			Edits: []Edit{{
				in + "/queue.go", `	if q.offer(&r) {
		return
	}
	defer q.waits()()`, `	if q.offer(&r) || q.disk == nil {
		return
	}
	defer q.waits()()`,
			}},
			Tests: []Tests{{in, []string{"TestAFullBufferHoldsTheReaderBackUntilThereIsRoom"}}},
		},
		{
			Name:    "ingest-retry-forgets-batch",
			Happens: "A write that fails as a whole is not tried again: each hiccup of the broker costs up to a thousand posts.",
			Edits:   []Edit{{in + "/output_tweets_raw.go", `		pending = failed`, `		pending = failed[:0]`}},
			Tests:   []Tests{{in, []string{"TestABrokerThatFailsLosesNothingAndKeepsTheOrder"}}},
		},
		{
			Name:    "ingest-retries-what-was-written",
			Happens: "When one partition refuses, all of the write is sent again: looks come twice, and older ones behind newer ones.",
			Edits: []Edit{{
				in + "/output_tweets_raw.go", `		if err != nil {
			failed = append(failed, messages[i])`, `		if failed = append(failed, messages[i]); err != nil {`,
			}},
			Tests: []Tests{{in, []string{"TestOnlyWhatFailedIsWrittenAgainInItsOrder"}}},
		},
		{
			Name:    "ingest-default-partitioner",
			Happens: "The writer's own hash puts a post's looks elsewhere than every other client: their order is lost.",
			Edits:   []Edit{{in + "/output_tweets_raw.go", `kafka.Murmur2Balancer{Consistent: true}`, `&kafka.Hash{}`}},
			Tests:   []Tests{{in, []string{"TestLinesArriveInTweetsRawAsTheyCame"}}},
		},
		{
			Name:    "ingest-many-writes-of-bluesky",
			Happens: "Bluesky's posts go out many at a time: a crash leaves a hole before the last one, which is where a restart goes on.",
			Edits: []Edit{{
				in + "/ingest.go", `	if c.source() == sourceBluesky {
		return 1
	}`, `	if c.source() == sourceBluesky {
		return 100
	}`,
			}},
			Tests: []Tests{{in, []string{"TestTheLogAlwaysHoldsABeginningOfWhatWasDelivered"}}},
		},
		{
			Name:    "ingest-stop-forgets-what-is-in-flight",
			Happens: "A stop while the broker is away spools what waits, but not what was being written.",
			Edits:   []Edit{{in + "/queue_disk.go", `	if !q.inSpool && unwritten > 0 {`, `	if !q.inSpool && unwritten > len(q.inFlight) {`}},
			Tests:   []Tests{{in, []string{"TestAStopSpoolsWhatIsOnItsWayBeforeWhatWaits"}}},
		},
		{
			Name:    "ingest-duplicate-window-forgets",
			Happens: "What has passed is never noted: after each reconnect the posts of the overlap are written, and billed, twice.",
			Edits:   []Edit{{in + "/window/window.go", `known, _ := w.ids.ContainsOrAdd(id, struct{}{})`, `known := w.ids.Contains(id)`}},
			Tests:   []Tests{{in + "/window", []string{"TestAnIdIsNewOnceUntilItIsForgotten", "TestOfManyCallersOneIsTheFirst"}}},
		},
		{
			Name:    "ingest-loads-the-oldest-state",
			Happens: "Of the states that were saved the first counts: a restart has forgotten where the stream was and what it has cost.",
			Edits:   []Edit{{"services/pipeline/checkpoint/checkpoint.go", `newest == nil || !r.Timestamp.Before(newest.Timestamp)`, `newest == nil || r.Timestamp.Before(newest.Timestamp)`}},
			Tests:   []Tests{{"services/pipeline/checkpoint", []string{"TestTheLatestValueOfEachSourceIsLoaded"}}},
		},
	}
}
