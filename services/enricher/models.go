package enricher

import (
	"context"
	"sync"

	"catsvdogs/services/enricher/enrich"
	"catsvdogs/services/enricher/judge"
	"catsvdogs/services/enricher/vision"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
)

// shownFrom is how sure a model must be that a picture shows a team for the document to say so.
const shownFrom = 0.5

// models are those of others that are asked about a batch; each is nil when it is not set up. They may fail, be slow or
// away: a document then says so and has what it would have had without them.
type models struct {
	sentiment *judge.Judge
	pictures  *vision.Vision
	teams     []contest.Team
}

func newModels(cfg Config, c *contest.Contest, tel *telemetry.Stage) (m models, err error) {
	m.teams = c.Teams
	if cfg.Sentiment.Enabled() {
		if m.sentiment, err = judge.New(cfg.Sentiment, tel.Registerer, tel.Logger); err != nil {
			return m, err
		}
	}
	if cfg.Vision.Enabled() {
		var labels []vision.Label
		for _, t := range c.Teams {
			labels = append(labels, vision.Label{ID: t.ID, Name: t.Name})
		}
		if m.pictures, err = vision.New(cfg.Vision, labels, tel.Registerer, tel.Logger); err != nil {
			return m, err
		}
	}
	return m, nil
}

// ask asks all models at once about the posts of a batch and writes what they say into the drafts' documents. It returns
// after the longest of their timeouts, or when ctx ends.
func (m *models) ask(ctx context.Context, results []result) {
	if m.sentiment == nil && m.pictures == nil {
		return
	}
	var posts []*result
	for i := range results {
		if results[i].draft != nil {
			posts = append(posts, &results[i])
		}
	}
	var asking sync.WaitGroup
	if m.sentiment != nil {
		asking.Go(func() { m.judge(ctx, posts) })
	}
	if m.pictures != nil {
		asking.Go(func() { m.look(ctx, posts) })
	}
	asking.Wait()
}

func (m *models) judge(ctx context.Context, posts []*result) {
	texts := make([]judge.Text, len(posts))
	for i, p := range posts {
		doc := p.draft.Document()
		texts[i] = judge.Text{ID: doc.TweetID, Lang: doc.Lang, Text: p.draft.Spoken()}
	}
	for i, v := range m.sentiment.Judge(ctx, texts) {
		said := &posts[i].draft.Document().Sentiment
		if v.Reason != "" {
			said.Fallback = v.Reason
			continue
		}
		*said = tweet.Sentiment{Score: v.Score, Label: v.Label, Model: v.Model}
	}
}

func (m *models) look(ctx context.Context, posts []*result) {
	var asked []vision.Post
	var documents []*tweet.Document
	for _, p := range posts {
		doc := p.draft.Document()
		if len(doc.Media) == 0 {
			continue
		}
		asked = append(asked, vision.Post{ID: doc.TweetID, Pictures: enrich.Pictures(p.raw)})
		documents = append(documents, doc)
	}
	for i, answer := range m.pictures.Look(ctx, asked) {
		saw := &tweet.Pictures{Model: answer.Model, Reason: answer.Reason}
		if answer.Reason == "" {
			for _, t := range m.teams {
				sure := answer.Confidence[t.ID]
				saw.Confidence = append(saw.Confidence, tweet.TeamConfidence{Team: t.ID, Score: sure})
				if sure >= shownFrom {
					saw.Shows = append(saw.Shows, t.ID)
				}
			}
		}
		documents[i].Pictures = saw
	}
}
