// Package page serves the files of the live page: embedded, without a build step, and nothing from elsewhere. It owns
// how the contest looks in a browser and knows nothing of how the numbers come about; they come by /events.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
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

// Page serves GET / and GET /assets/{name}. It is safe for concurrent use.
type Page struct {
	files map[string]file // by path
}

type file struct {
	content     []byte
	contentType string
	etag        string
}

// New returns the page of the contest with this name. colors are those of the teams, as #RRGGBB.
func New(name string, colors []string) (*Page, error) {
	p := &Page{files: map[string]file{}}
	entries, err := fs.ReadDir(assets, "assets")
	if err != nil {
		return nil, fmt.Errorf("list the page's files: %w", err)
	}
	for _, e := range entries {
		content, err := assets.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the page's files: %w", err)
		}
		if e.Name() == "index.html" {
			if content, err = named(name, content); err != nil {
				return nil, err
			}
			p.add("/", "index.html", content)
			continue
		}
		p.add("/assets/"+e.Name(), e.Name(), content)
	}
	p.add("/assets/icon.svg", "icon.svg", icon(colors))
	return p, nil
}

// named puts the contest's name into the page, so that a link's preview and a tab have it before any script runs.
func named(name string, index []byte) ([]byte, error) {
	t, err := template.New("index.html").Parse(string(index))
	if err != nil {
		return nil, fmt.Errorf("read the page's template: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, struct{ Name string }{name}); err != nil {
		return nil, fmt.Errorf("put the contest's name into the page: %w", err)
	}
	return b.Bytes(), nil
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
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}
