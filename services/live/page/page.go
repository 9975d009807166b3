// Package page serves the files of the live page: embedded, without a build step, and nothing from elsewhere. It owns
// how the contest looks in a browser and knows nothing of how the numbers come about; they come by /events and
// /api/v1, as services/live/openapi.yaml describes.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"time"
)

//go:embed assets
var assets embed.FS

var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// Page serves GET /, GET /embed and GET /assets/{name}, each with its Content-Security-Policy. It is safe for
// concurrent use.
type Page struct {
	files map[string]file // by path
}

type file struct {
	content     []byte
	contentType string
	etag        string
}

// Shown is what the page is made for.
type Shown struct {
	Name   string   // of the contest
	Colors []string // of the teams, as #RRGGBB
	// Account keeps a place for the ledger's account, so that nothing moves when it comes.
	Account bool
	// Rehearsal loads a script and a style from RehearsalPath, in the demo only.
	Rehearsal bool
}

// RehearsalPath is below which the demo serves what is its own, style.css and script.js among it.
const RehearsalPath = "/rehearsal/"

// New returns the page.
func New(s Shown) (*Page, error) {
	p := &Page{files: map[string]file{}}
	entries, err := fs.ReadDir(assets, "assets")
	if err != nil {
		return nil, fmt.Errorf("list the page's files: %w", err)
	}
	of := document{Name: s.Name, Account: s.Account, Rehearsal: s.Rehearsal}
	version := sha256.New()
	templates := map[string][]byte{}
	for _, e := range entries {
		content, err := assets.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the page's files: %w", err)
		}
		_, _ = version.Write(content) // a hash takes everything
		switch path.Ext(e.Name()) {
		case ".html":
			templates[e.Name()] = content
			continue
		case ".js":
			if !notAhead[e.Name()] {
				of.Scripts = append(of.Scripts, "/assets/"+e.Name())
			}
		}
		p.add("/assets/"+e.Name(), e.Name(), content)
	}
	of.Version = hex.EncodeToString(version.Sum(nil)[:8])
	for at, file := range map[string]string{"/": "index.html", "/embed": "embed.html"} {
		content, err := of.fill(file, templates[file])
		if err != nil {
			return nil, err
		}
		p.add(at, file, content)
	}
	p.add("/assets/icon.svg", "icon.svg", icon(s.Colors))
	return p, nil
}

func (p *Page) add(at, name string, content []byte) {
	sum := sha256.Sum256(content)
	p.files[at] = file{content: content, contentType: contentTypes[path.Ext(name)], etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// ServeHTTP answers with the file, or 304 to a browser that has it. A browser asks every time, because the files keep
// their names when the program is replaced and a mixture of old and new ones would not work.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := p.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy(r.URL.Path))
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}
