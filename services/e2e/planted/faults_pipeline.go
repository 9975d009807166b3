package planted

func ofPipeline() []Fault {
	const in = "services/pipeline"
	return []Fault{
		{
			Name:    "reads-uncommitted",
			Happens: "Readers take records of transactions that are aborted: documents are doubled, and some never were.",
			Edits:   []Edit{{in + "/broker/broker.go", `kgo.FetchIsolationLevel(kgo.ReadCommitted()),`, `kgo.FetchIsolationLevel(kgo.ReadUncommitted()),`}},
			Tests:   []Tests{{"services/live", []string{"TestThePageCountsWhatIsCommittedOncePerPost"}}},
		},
		{
			Name:    "group-begins-at-the-end",
			Happens: "A group without an offset begins with what comes next: everything before its first start is left out.",
			Edits:   []Edit{{in + "/broker/broker.go", `		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),`, `		kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()),`}},
			Tests:   []Tests{{"services/enricher", []string{"TestEveryRawRecordLeavesOnceAsADocumentOrADeadLetter"}}},
		},
		{
			Name:    "deletion-dated-by-the-log",
			Happens: "A deletion is as old as its record and not as its header says: one that is written late takes away what was seen since.",
			Edits:   []Edit{{in + "/broker/broker.go", `h.Key == topic.HeaderObservedAt {`, `h.Key == topic.HeaderObservedAt+"?" {`}},
			Tests:   []Tests{{"services/sink/index", []string{"TestADeletionBecomesAStubWithTheVersionAfterItsObservation"}}, {"services/live", []string{"TestADeletionIsAsOldAsItsHeaderSays"}}},
		},
		{
			Name:    "dead-letter-forgets-its-origin",
			Happens: "A dead letter has lost the headers of what was refused: it cannot be put back.",
			Edits:   []Edit{{in + "/delivery/delivery.go", `	headers = append(headers, kept...)`, `	_ = kept`}},
			Tests:   []Tests{{in + "/delivery", []string{"TestADeadLetterIsRestoredToTheRecordThatWasRefused"}}},
		},
		{
			Name:    "secret-in-the-log",
			Happens: "A bearer token stands in the log of whoever logs the configuration.",
			Edits:   []Edit{{in + "/config/secret.go", `slog.StringValue(s.String())`, `slog.StringValue(string(s))`}},
			Tests:   []Tests{{in + "/config", []string{"TestASecretShowsNowhere"}}},
		},
		{
			Name:    "secret-in-the-help",
			Happens: "--help shows what the environment holds, a bearer token with it.",
			Edits: []Edit{{in + "/config/config.go", `	text := kong.DefaultHelpValueFormatter(v)
`, `	text := kong.DefaultHelpValueFormatter(v)
	for _, name := range v.Tag.Envs {
		text += " " + os.Getenv(name)
	}
`}},
			Tests: []Tests{{in + "/config", []string{"TestNeitherHelpNorAMistakeShowsASecretThatIsSet"}}},
		},
		{
			Name:    "secret-in-an-error",
			Happens: "An error of the stream holds the token, as servers and proxies repeat it, and stands in the log.",
			Edits:   []Edit{{in + "/xapi/client.go", `strings.ReplaceAll(text, c.opts.Token.Reveal(), "[hidden]")`, `strings.ReplaceAll(text, c.opts.Token.Reveal()+" ", "[hidden]")`}},
			Tests:   []Tests{{"services/ingest/xstream", []string{"TestTheTokenIsNeverShown"}}},
		},
		{
			Name:    "secret-in-what-is-encoded",
			Happens: "Whatever writes the configuration as JSON writes the token.",
			Edits:   []Edit{{in + "/config/secret.go", `func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }`, `func (s Secret) MarshalText() ([]byte, error) { return []byte(s), nil }`}},
			Tests:   []Tests{{in + "/config", []string{"TestASecretShowsNowhere"}}},
		},
		{
			Name:    "endpoint-without-body-limit",
			Happens: "A body without a declared length is read for as long as it comes.",
			Edits: []Edit{{in + "/httpguard/guard.go", `		r.Body = http.MaxBytesReader(w, r.Body, g.bounds.BodyBytes)
`, ``}},
			Tests: []Tests{{in + "/httpguard", []string{"TestATooLargeBodyIsRefused"}}},
		},
		{
			Name:    "endpoint-waits-for-a-slow-body",
			Happens: "A client that never ends its body holds a connection for ever; a thousand of them keep everybody out.",
			Edits:   []Edit{{in + "/httpguard/guard.go", `SetReadDeadline(time.Now().Add(g.bounds.Body))`, `SetReadDeadline(time.Now().Add(g.bounds.Body + time.Hour))`}},
			Tests:   []Tests{{in + "/httpguard", []string{"TestABodyThatNeverEndsIsCut"}}},
		},
	}
}
