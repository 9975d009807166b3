package enrich

import (
	"catsvdogs/services/enricher/promotion"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// checkRefresh refuses a later look that does not say what it is later than: its document would tell of a post that arrived
// anew.
func checkRefresh(raw tweet.Raw) error {
	if raw.Kind == tweet.KindRefresh && raw.Earlier == nil {
		return delivery.Refuse("earlier_missing", "a record of kind %s says in a header what earlier looks told", tweet.KindRefresh)
	}
	return nil
}

// again makes of a first look's document that of a later one: it counts as the same post, in its old place.
func (e *Enricher) again(doc *tweet.Document, earlier *tweet.Earlier) {
	doc.Timestamp = millis(earlier.ArrivedAt)
	doc.Pipeline.ArrivalMS = earlier.ArrivalMS
	refreshed := doc.ObservedAt
	doc.RefreshedAt = &refreshed
	doc.Observations = earlier.Observations + 1
	if growth, ok := e.weights.Growth(earlier.Metrics, doc.Metrics, doc.ObservedAt.Sub(earlier.ObservedAt)); ok {
		doc.Growth = &growth
	}
}

// remembered are the reasons that earlier looks have found and that cannot be found again: the window may have forgotten
// the other texts, or another replica has seen them.
func remembered(earlier *tweet.Earlier) promotion.Reasons {
	return promotion.Reasons(0).With(promotion.RepeatedText, earlier.Repeated)
}
