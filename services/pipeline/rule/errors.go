package rule

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnsupported is in the chain of a [SyntaxError] when the only thing wrong
// with a rule is that it uses operators of X that this package cannot judge.
var ErrUnsupported = errors.New("operator not supported here")

// Detail is one mistake in a rule.
type Detail struct {
	// Message says what is wrong, in X's words where they are known.
	Message string
	// Position is the character (code point) it is at, from 1.
	Position int
	// Offset is the same place in bytes, from 0.
	Offset int
}

// String gives the mistake in the form X uses: "message (at position 1)".
func (d Detail) String() string {
	return fmt.Sprintf("%s (at position %d)", d.Message, d.Position)
}

// SyntaxError says why a rule was refused: at least one Detail.
type SyntaxError struct {
	// Value is the rule as given.
	Value string
	// Details are the mistakes, in the order they were found.
	Details []Detail

	unsupportedOnly bool
}

// Error joins all details in one line.
func (e *SyntaxError) Error() string {
	return "invalid rule: " + strings.Join(e.Messages(), "; ")
}

// Messages gives each detail as X would list it.
func (e *SyntaxError) Messages() []string {
	messages := make([]string, 0, len(e.Details))
	for _, d := range e.Details {
		messages = append(messages, d.String())
	}
	return messages
}

// Is makes errors.Is(err, ErrUnsupported) work.
func (e *SyntaxError) Is(target error) bool {
	return target == ErrUnsupported && e.unsupportedOnly
}
