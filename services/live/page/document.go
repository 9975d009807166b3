package page

import (
	"bytes"
	"fmt"
	"html/template"
)

// notAhead are scripts that the page does not load ahead: it runs the first before all others, only a worker needs the
// second and only the card the third.
var notAhead = map[string]bool{"appearance.js": true, "worker.js": true, "embed.js": true}

// document is what the HTML files are told.
type document struct {
	Name    string // of the contest, so that a link's preview and a tab have it before any script runs
	Version string // of all files together; tabs share a worker only with tabs of the same version
	Account bool   // whether there is a place for the ledger's account
	// Rehearsal loads what lets a person break the demo.
	Rehearsal bool
	Scripts   []string // paths to load ahead, so that none is found only after another was read
}

func (d document) fill(name string, content []byte) ([]byte, error) {
	t, err := template.New(name).Parse(string(content))
	if err != nil {
		return nil, fmt.Errorf("read the page's template: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return nil, fmt.Errorf("put the contest's name into the page: %w", err)
	}
	return b.Bytes(), nil
}
