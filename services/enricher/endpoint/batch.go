package endpoint

import "encoding/json"

// batch is one request: the questions that it asks and their places among all.
type batch[Q any] struct {
	places []int
	asked  []Q
	body   []byte
}

// split writes the requests. A question that is not asked, or that is over the bound alone, gets its result here.
func split[Q, A any](cfg Config, questions []Q, results []Result[A], x Exchange[Q, A]) []batch[Q] {
	var batches []batch[Q]
	var open batch[Q]
	end := func() {
		if len(open.asked) > 0 {
			open.body = append(open.body, x.Tail...)
			batches = append(batches, open)
			open = batch[Q]{}
		}
	}
	for i, q := range questions {
		item, reason := write(x.Item(q))
		if reason == "" && len(x.Head)+len(item)+len(x.Tail) > cfg.BatchBytes {
			reason = ReasonTooLarge
		}
		if reason != "" {
			results[i].Reason = reason
			continue
		}
		if len(open.asked) == cfg.BatchItems || len(open.body)+len(",")+len(item)+len(x.Tail) > cfg.BatchBytes {
			end()
		}
		if len(open.asked) == 0 {
			open.body = append(open.body, x.Head...)
		} else {
			open.body = append(open.body, ',')
		}
		open.body = append(open.body, item...)
		open.asked = append(open.asked, q)
		open.places = append(open.places, i)
	}
	end()
	return batches
}

func write(item any, reason string) ([]byte, string) {
	if reason != "" {
		return nil, reason
	}
	written, err := json.Marshal(item)
	if err != nil {
		return nil, ReasonInvalidQuestion
	}
	return written, ""
}
