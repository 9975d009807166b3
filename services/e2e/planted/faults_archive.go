package planted

func ofArchive() []Fault {
	const (
		in       = "services/sink/archive"
		archived = "services/pipeline/archived"
	)
	return []Fault{
		{
			Name:    "archive-names-object-by-the-clock",
			Happens: "An object's folder is that of the hour in which it is put: who takes over puts the same records elsewhere again.",
			Edits:   []Edit{{archived + "/object.go", `First: first.Offset, Hour: HourOf(first), Format: f}`, `First: first.Offset, Hour: time.Now().UTC().Truncate(time.Hour), Format: f}`}},
			Tests:   []Tests{{archived, []string{"TestANameFollowsFromTheFirstRecordAndIsReadBack"}}},
		},
		{
			Name:    "archive-moves-offset-before-upload",
			Happens: "The offset moves when an object is announced: a crash during the upload leaves a hole for ever.",
			Edits: []Edit{{
				in + "/upload.go", `	if err := a.store(ctx, c); err != nil {
		return err
	}
	crashpoint.At(crashpoint.ArchiveUploaded)
	mine, err := a.commit(ctx, c, c.reach.Last+1, "")
	if mine {`, `	mine, err := a.commit(ctx, c, c.reach.Last+1, "")
	if err != nil {
		return err
	}
	crashpoint.At(crashpoint.ArchiveUploaded)
	if err = a.store(ctx, c); err == nil && mine {`,
			}},
			Tests: []Tests{{in, []string{"TestAnObjectIsPutOnlyWhileItIsAnnouncedAndItsOffsetHasNotMoved"}}},
		},
		{
			Name:    "archive-announces-nothing",
			Happens: "Nobody can know what a crashed owner was about to put: its successor cuts objects elsewhere, and records are there twice.",
			Edits:   []Edit{{in + "/upload.go", `a.commit(ctx, c, at, i.String())`, `a.commit(ctx, c, at, i.String()[:0])`}},
			Tests:   []Tests{{in, []string{"TestAnObjectIsPutOnlyWhileItIsAnnouncedAndItsOffsetHasNotMoved"}}},
		},
		{
			Name:    "archive-ignores-intent",
			Happens: "Who takes a partition over does not look what its owner has announced.",
			Edits:   []Edit{{in + "/resume.go", `parseIntent(c.Metadata)`, `parseIntent(c.Metadata[:0])`}},
			Tests:   []Tests{{in, []string{"TestAfterACrashTheAnnouncedRangeIsTheNextObject", "TestTwoOwnersAtOnceComeToOneObject"}}},
		},
		{
			Name:    "archive-puts-unconditionally",
			Happens: "An owner that was paused and wakes up overwrites what its successor has put.",
			Edits: []Edit{{
				in + "/bucket/bucket.go", `	if o.OnlyNew {
		r.SetMatchETagExcept("*")`, `	if o.OnlyNew && o.IfMatch != "" {
		r.SetMatchETagExcept("*")`,
			}},
			Tests: []Tests{{in + "/bucket", []string{"TestConditionsHoldForWholeObjectsAndForThoseInParts"}}},
		},
		{
			Name:    "archive-commits-beyond-unuploaded-range",
			Happens: "An object that does not follow the committed offset moves it all the same: what lies between is in no object.",
			Edits:   []Edit{{in + "/assignment.go", `	if c.commit != c.after {`, `	if c.commit > c.after {`}},
			Tests:   []Tests{{in, []string{"TestAnObjectThatDoesNotFollowTheCommittedOffsetIsNotAnnounced"}}},
		},
		{
			Name:    "archive-drops-headers",
			Happens: "Lines have no headers: the archive cannot be replayed.",
			Edits:   []Edit{{archived + "/line.go", `	for i, h := range r.Headers {`, `	for i, h := range r.Headers[:0] {`}},
			Tests:   []Tests{{archived, []string{"TestALineHoldsJSONVerbatimAndEverythingElseAsBase64"}}},
		},
		{
			Name:    "archive-changes-values",
			Happens: "A value that is no JSON is made a string of valid UTF-8: the raw record is lost.",
			Edits:   []Edit{{archived + "/line.go", `	case standsAlone(r.Value):`, `	case standsAlone(r.Value) || utf8.Valid(r.Value):`}},
			Tests:   []Tests{{archived, []string{"TestALineHoldsJSONVerbatimAndEverythingElseAsBase64"}}},
		},
		{
			Name:    "suppression-forgets-a-deletion",
			Happens: "Of the deletions in one object only the last one is listed: the others' posts stay in the archive.",
			Edits:   []Edit{{in + "/object.go", `e.Append(o.deletions)`, `e.Append(o.deletions[:0])`}},
			Tests:   []Tests{{in, []string{"TestADeletionIsOnTheListLongBeforeItsObjectIsFull", "TestAnOffsetDoesNotMoveBeforeItsDeletionIsListed", "TestEveryOffsetIsInTheArchiveOnceAlsoAfterRestarts"}}},
		},
		{
			Name:    "suppression-misses-deletions-of-the-source",
			Happens: "A raw record that says that a post is gone takes nothing out of the archive.",
			Edits:   []Edit{{in + "/suppression/suppression.go", `			deletes = string(h.Value) == string(tweet.KindDelete)`, `			deletes = string(h.Value) == string(tweet.KindGap)`}},
			Tests:   []Tests{{in + "/suppression", []string{"TestWhatIsADeletion"}}},
		},
		{
			Name:    "suppression-takes-what-came-later",
			Happens: "A deletion takes away what was observed after it: a post that the source shows again is lost.",
			Edits:   []Edit{{in + "/suppression/set.go", `	return ok && broker.ObservedAt(r).UnixMilli() <= at`, `	return ok && broker.ObservedAt(r).UnixMilli() <= at+1`}},
			Tests:   []Tests{{in + "/suppression", []string{"TestADeletionTakesWhatWasObservedUpToIt"}}},
		},
	}
}
