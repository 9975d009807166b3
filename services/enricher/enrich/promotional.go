package enrich

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"catsvdogs/services/pipeline/tweet"
)

// Reasons for which a post counts as promotional, as they stand in documents.
const (
	ReasonPaidPartnership = "paid_partnership" // the author said so (X: paid_partnership)
	ReasonHashtagStuffing = "hashtag_stuffing" // more tags than text
	ReasonAffiliateLink   = "affiliate_link"   // a link that pays its author
	ReasonShortenedLink   = "shortened_link"   // a link that hides where it leads
	ReasonSalesTalk       = "sales_talk"       // words of an offer
)

// promotionalReasons names what makes the post promotional; none for most posts. Promotional posts are flagged and
// counted apart, never dropped.
func promotionalReasons(p *post, doc *tweet.Document) []string {
	reasons := []string{}
	if p.paid {
		reasons = append(reasons, ReasonPaidPartnership)
	}
	if stuffed(doc) {
		reasons = append(reasons, ReasonHashtagStuffing)
	}
	for _, link := range p.links {
		for _, r := range linkReasons(link) {
			reasons = appendOnce(reasons, r)
		}
	}
	if salesTalk(doc.Text) {
		reasons = append(reasons, ReasonSalesTalk)
	}
	return reasons
}

// stuffed follows the "many hashtags" rules of Bluesky's automod (github.com/bluesky-social/indigo, automod/rules):
// over 4 tags that make up over 60 % of the text, or, where a picture speaks for itself, over 7 tags and over 80 %.
func stuffed(doc *tweet.Document) bool {
	tagged := 0
	for _, h := range doc.Hashtags {
		tagged += utf8.RuneCountInString(h) + len("#")
	}
	share := float64(tagged) / float64(max(1, utf8.RuneCountInString(doc.Text)))
	if len(doc.Media) == 0 {
		return len(doc.Hashtags) > 4 && share > 0.6
	}
	return len(doc.Hashtags) > 7 && share > 0.8
}

var (
	shorteners = []string{"bit.ly", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "rebrand.ly", "shorturl.at", "rb.gy"}
	affiliates = []string{"amzn.to", "shareasale.com", "awin1.com", "linksynergy.com", "clickbank.net", "go.magik.ly", "rstyle.me"}
	// Query parameters by which shops and networks pay for a visit.
	affiliateParameters = []string{"aff_id", "affid", "affiliate", "affiliate_id", "ref_id", "irclickid", "clickref", "awc"}
)

func linkReasons(link string) []string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return nil
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	var reasons []string
	if slices.Contains(shorteners, host) {
		reasons = append(reasons, ReasonShortenedLink)
	}
	query := u.Query()
	paid := func(name string) bool { return query.Has(name) }
	onAmazon := strings.HasPrefix(host, "amazon.") && query.Has("tag") // Amazon Associates' tracking id
	if slices.Contains(affiliates, host) || onAmazon || slices.ContainsFunc(affiliateParameters, paid) {
		reasons = append(reasons, ReasonAffiliateLink)
	}
	return reasons
}

var offers = []string{"use code ", "promo code", "discount code", "% off", "free shipping", "link in bio", "limited time offer", "shop now", "order now", "buy now"}

// salesTalk wants two different phrases of an offer, because a single one also stands in what a happy owner writes.
func salesTalk(text string) bool {
	text = strings.ToLower(text)
	found := 0
	for _, o := range offers {
		if strings.Contains(text, o) {
			found++
		}
	}
	return found >= 2
}
