package enrich

import (
	"time"

	"catsvdogs/services/enricher/promotion"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// Draft is a document that lacks only what other posts decide: whether its text is a repeated one. A batch is enriched in
// three steps:
//
//	Draft    each record by itself, on all cores
//	Repeats  record by record in the order of the batch, with the one window
//	Finish   and tweet.Encode, on all cores again
type Draft struct {
	doc         *tweet.Document
	spoken      string
	reasons     promotion.Reasons
	hinted      bool // something in it hints at an advertisement
	fingerprint promotion.Fingerprint
	comparable  bool
}

// Repeats shows the post to the window and returns how often its text was posted before. Texts that are too short, and
// reposts, which repeat by their nature, are not shown. As the window, it must not be called by several goroutines at
// once.
func (d *Draft) Repeats(w *promotion.Window) promotion.Repeats {
	if !d.comparable {
		return promotion.Repeats{}
	}
	return w.Seen(d.doc.TweetID, d.doc.AuthorID, &d.fingerprint, d.doc.ObservedAt)
}

// Finish completes the draft's document, which must then not be finished again.
func (e *Enricher) Finish(d *Draft, repeats promotion.Repeats) *tweet.Document {
	v := e.scale.Weigh(d.reasons.With(promotion.RepeatedText, repeats.Repeated(d.hinted)))
	d.doc.Promotional, d.doc.PromotionalScore, d.doc.PromotionalReasons = v.Promotional, v.Score, v.Reasons
	return d.doc
}

// Enrich returns the document of a raw record whose text nobody else has posted; otherwise as Draft.
func (e *Enricher) Enrich(raw tweet.Raw, now time.Time) (*tweet.Document, error) {
	d, err := e.Draft(raw, now)
	if err != nil {
		return nil, err
	}
	return e.Finish(&d, promotion.Repeats{}), nil
}

// Draft returns the draft of a raw record of kind stream or refresh. now is when it is made. Every error is a *delivery.Refusal.
func (e *Enricher) Draft(raw tweet.Raw, now time.Time) (Draft, error) {
	p := new(post)
	if err := e.read(p, raw); err != nil {
		return Draft{}, err
	}
	if err := checkCreated(p.created, raw.ObservedAt); err != nil {
		return Draft{}, err
	}
	d := Draft{doc: e.document(p, raw, now), spoken: p.spoken}
	if err := checkBounds(d.doc); err != nil {
		return Draft{}, err
	}
	text := plain(p.spoken)
	offers := promotion.Offers(text)
	d.reasons = reasons(p, text).With(promotion.SalesTalk, offers >= promotion.SalesTalkOffers)
	if raw.Kind == tweet.KindRefresh {
		// Shown to the window once more, it would be there as a text that was posted later than it was.
		d.reasons |= remembered(raw.Earlier)
		return d, nil
	}
	d.hinted = d.reasons != 0 || offers > 0 || len(p.links) > 0
	if p.kind != tweet.KindRepost {
		d.fingerprint, d.comparable = promotion.FingerprintOf(text)
	}
	return d, nil
}

// read reads a record in the words of its source into p.
func (e *Enricher) read(p *post, raw tweet.Raw) error {
	if t := raw.Truncated; t != nil {
		return delivery.Refuse("line_too_long", "the line had %d bytes (SHA-256 %s); its first %d are kept", t.Length, t.SHA256, len(raw.Value))
	}
	if raw.Kind == tweet.KindGap {
		return delivery.Refuse("gap_not_filled", "posts are missing that nobody could get any more; the record says which: %.300s", raw.Value)
	}
	if raw.Kind != tweet.KindStream && raw.Kind != tweet.KindRefresh {
		return delivery.Refuse("unknown_kind", "this enricher makes documents of records of kind %s and %s, not %.80q", tweet.KindStream, tweet.KindRefresh, raw.Kind)
	}
	if err := checkRefresh(raw); err != nil {
		return err
	}
	switch raw.Schema {
	case tweet.SchemaX:
		return e.readX(p, raw)
	case tweet.SchemaBluesky:
		return e.readBluesky(p, raw)
	default:
		return delivery.Refuse("unknown_schema", "this enricher reads %s and %s, not %.80q", tweet.SchemaX, tweet.SchemaBluesky, raw.Schema)
	}
}

// reasons are those that the post gives by itself, but for its wording. text is plain.
func reasons(p *post, text string) promotion.Reasons {
	var found promotion.Reasons
	found = found.With(promotion.PaidPartnership, p.paid).With(promotion.Nullcast, p.nullcast)
	found = found.With(promotion.HashtagStuffing, promotion.Stuffed(text, p.hashtags, len(p.media) > 0))
	for _, link := range p.links {
		found |= promotion.Link(link)
	}
	return found
}
