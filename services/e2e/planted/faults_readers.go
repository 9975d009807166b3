package planted

func ofLive() []Fault {
	const in = "services/live"
	return []Fault{
		{
			Name:    "live-counts-a-post-twice",
			Happens: "A second look at a post is another post on the page.",
			Edits:   []Edit{{in + "/rollup/rollup.go", "	r.uncount(o.ID, before, tags)\n	tags = r.hashesOf(o.Hashtags)", "	tags = r.hashesOf(o.Hashtags)"}},
			Tests:   []Tests{{in + "/rollup", []string{"TestALaterLookChangesPopularityAndNeverTheCountOfPosts"}}},
		},
		{
			Name:    "live-adds-an-older-look",
			Happens: "A copy that comes late takes the place of a newer look.",
			Edits: []Edit{{
				in + "/rollup/rollup.go", `	if known && version < before.version {
		return Repeated`, `	if known && version == before.version {
		return Repeated`,
			}},
			Tests: []Tests{{in + "/rollup", []string{"TestTheNewestVersionDecidesWhatAPostCountsForAndWhere", "TestADeletedPostStaysAwayWhenAnOlderCopyComesLate"}}},
		},
		{
			Name:    "live-forgets-deletions",
			Happens: "A deleted post is on the page again as soon as an older copy of it comes.",
			Edits:   []Edit{{in + "/rollup/rollup.go", `	r.posts.keep(post, gone, nil, r.now.Unix())`, `	_ = gone`}},
			Tests:   []Tests{{in + "/rollup", []string{"TestADeletedPostStaysAwayWhenAnOlderCopyComesLate"}}},
		},
		{
			Name:    "page-makes-markup-of-text",
			Happens: "What a post says is put into the page as markup, with whatever script its author has written.",
			Edits:   []Edit{{in + "/page/assets/elements.js", `element.textContent = text;`, `element.innerHTML = text;`}},
			Tests:   []Tests{{in + "/page", []string{"TestNoScriptThatIsServedMakesMarkupFromText"}}},
		},
		{
			Name:    "page-does-not-escape",
			Happens: "A text that comes from elsewhere is markup in the page.",
			Edits:   []Edit{{in + "/page/document.go", `"html/template"`, `"text/template"`}},
			Tests:   []Tests{{in + "/page", []string{"TestTheContestsNameIsTextInThePage"}}},
		},
	}
}

func ofRefresher() []Fault {
	const (
		in    = "services/refresher"
		spend = "services/pipeline/spend"
	)
	return []Fault{
		{
			Name:    "refresher-repeats-looks-after-restart",
			Happens: "The looks that stand in the log are not taken for made: after each restart all are paid for again.",
			Edits: []Edit{{
				in + "/agenda/agenda.go", `		e.looked = true
		a.looked(e, o.Observed)
	}
}`, `		e.looked = true
	}
}`,
			}},
			Tests: []Tests{{in + "/agenda", []string{"TestWhatIsDueIsWhatANaiveModelSaysThroughAnyRestarts"}}},
		},
		{
			Name:    "refresher-looks-at-deleted-posts",
			Happens: "A post that is gone is asked for again and again, and each time something is paid.",
			Edits: []Edit{{in + "/agenda/agenda.go", `	e.gone = true
`, ``}},
			Tests: []Tests{{in + "/agenda", []string{"TestAPostThatIsGoneIsNeverLookedAtAgain"}}},
		},
		{
			Name:    "refresher-budget-off-by-one",
			Happens: "One post more than the refresher's part of the budget is read.",
			Edits:   []Edit{{in + "/budget.go", `-float64(billed), all)`, `-float64(billed)+1, all)`}},
			Tests:   []Tests{{in, []string{"TestTheShareOfABudgetIsItsPart"}}},
		},
		{
			Name:    "budget-bills-a-repeated-post-never",
			Happens: "A post that was billed yesterday counts as paid for today: the account is charged more than is counted.",
			Edits:   []Edit{{spend + "/governor.go", `			g.today = newBilled() // a post of yesterday that is read again is billed again`, `			_ = newBilled`}},
			Tests:   []Tests{{spend, []string{"TestAPostIsBilledOnceADay"}}},
		},
		{
			Name:    "budget-granted-twice",
			Happens: "What is granted counts only when it is billed: two requests at once spend the same money.",
			Edits:   []Edit{{spend + "/reserve.go", `		a.posts += int64(r.Posts)`, `		a.posts += int64(r.Posts) * 0`}},
			Tests:   []Tests{{spend, []string{"TestAReservationFitsIntoTheBudgetAndCountsAtOnce"}}},
		},
	}
}
