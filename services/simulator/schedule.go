package simulator

import (
	"context"
	"time"

	"catsvdogs/services/simulator/faultplan"
)

// misbehave gives the orders of the script and those drawn from the seed when
// their times come. It returns when ctx ends or nothing is left to be ordered.
func (s *server) misbehave(ctx context.Context) {
	script := s.script
	var draws *faultplan.Draws
	var drawn faultplan.Step
	if s.cfg.FaultRate > 0 {
		draws = faultplan.NewDraws(s.cfg.Seed, s.cfg.FaultRate)
		drawn = draws.Next()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for len(script) > 0 || draws != nil {
		next := drawn
		if draws == nil || len(script) > 0 && script[0].At <= drawn.At {
			next = script[0]
		}
		timer.Reset(s.start.Add(next.At).Sub(s.now()))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		s.order(next)
		if len(script) > 0 && next == script[0] {
			script = script[1:]
		} else {
			drawn = draws.Next()
		}
	}
}

func (s *server) order(step faultplan.Step) {
	s.log.Info("fault ordered", "fault", step.Name, "variant", step.Variant, "off", step.Off)
	if step.Off {
		s.board.Off(step.Name)
		return
	}
	if err := s.board.Give(step.Order); err != nil {
		s.log.Error("order a fault", "error", err) // both sources were checked
	}
}
