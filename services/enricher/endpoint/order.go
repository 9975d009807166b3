package endpoint

import (
	"errors"
	"fmt"
)

var errOrder = errors.New("the answers are not those of the questions, in their order")

// SameOrder says how answers differ from what was asked: they must be as many, each with the id of its question (see ID),
// in the same order, so that none ends at another post. asked and given return the ids; nil stands for none.
func SameOrder[Q, A any](questions []Q, asked func(Q) string, answers []A, given func(A) *string) error {
	if len(answers) != len(questions) {
		return fmt.Errorf("%w: %d for %d", errOrder, len(answers), len(questions))
	}
	for i, a := range answers {
		if id := given(a); id == nil || *id != ID(asked(questions[i])) {
			return fmt.Errorf("%w: number %d is another", errOrder, i)
		}
	}
	return nil
}
