package promotion

// Reason is one thing that speaks for an advertisement.
type Reason uint8

// The reasons, in the order in which documents list them.
const (
	PaidPartnership Reason = iota // the author says so
	Nullcast                      // shown as an advertisement only, not to the author's followers
	HashtagStuffing               // many hashtags and little else
	AffiliateLink                 // a link that pays its author
	ShortenedLink                 // a link that hides where it leads
	SalesTalk                     // two phrases of an offer
	RepeatedText                  // posted several times lately, word for word or nearly
	reasonCount
)

// names are the reasons as they stand in documents.
var names = [reasonCount]string{
	PaidPartnership: "paid_partnership", Nullcast: "nullcast", HashtagStuffing: "hashtag_stuffing", AffiliateLink: "affiliate_link",
	ShortenedLink: "shortened_link", SalesTalk: "sales_talk", RepeatedText: "repeated_text",
}

// String is the reason as it stands in documents, in contest.yaml and in metrics.
func (r Reason) String() string { return names[r] }

// Reasons is a set of them. The zero value is empty.
type Reasons uint8

// With returns the set with r in it when found is true, and as it was otherwise.
func (s Reasons) With(r Reason, found bool) Reasons {
	if !found {
		return s
	}
	return s | 1<<r
}

// Has says whether r is in the set.
func (s Reasons) Has(r Reason) bool { return s&(1<<r) != 0 }
