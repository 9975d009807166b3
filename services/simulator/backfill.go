package simulator

import (
	"math"
	"net/url"
	"strconv"
	"time"

	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

// span is a part of the posts, by ids, both exclusive. The zero span is empty.
type span struct{ after, before uint64 }

// beyondPlan refuses what only the Enterprise plan has. How X words it is not
// documented; that it is a 400 like every other parameter is the choice here.
// backfill_minutes=0 asks for nothing.
func (s *server) beyondPlan(query url.Values) []wire.Mistake {
	if s.cfg.Plan == PlanEnterprise {
		return nil
	}
	var mistakes []wire.Mistake
	for _, name := range []string{"backfill_minutes", "end_time", "start_time"} {
		if value := query.Get(name); query.Has(name) && value != "0" {
			mistakes = append(mistakes, wire.Mistake{
				Parameter: name, Values: query[name],
				Message: "The `" + name + "` query parameter is not available to your plan [" + s.cfg.Plan + "]",
			})
		}
	}
	return mistakes
}

// missedBy is what a client asks for of the time before its connect: the posts
// of the last minutes, or those since start_time. An end_time in the past, with
// which X would end the stream, is not followed.
func (s *server) missedBy(query url.Values) span {
	if minutes, err := strconv.Atoi(query.Get("backfill_minutes")); err == nil && minutes > 0 {
		return span{world.FirstID(s.now().Add(-time.Duration(minutes)*time.Minute)) - 1, math.MaxUint64}
	}
	if start, err := time.Parse(time.RFC3339, query.Get("start_time")); err == nil {
		return span{world.FirstID(start) - 1, math.MaxUint64}
	}
	return span{}
}
