package page_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"catsvdogs/services/live/page"
)

func answer(t *testing.T, path, ifNoneMatch string) *httptest.ResponseRecorder {
	t.Helper()
	p, err := page.New("Cats & <Dogs>", []string{"#E69F00", "#0072B2"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("If-None-Match", ifNoneMatch)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestThePageHasNothingInlineAndNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	index := answer(t, "/", "").Body.String()
	for what, pattern := range map[string]string{
		"a script in the markup":    `<script(?:>|[^>]*[^>]>[^<])`,
		"a style in the markup":     `<style|\sstyle=`,
		"a handler in the markup":   `\son[a-z]+=`,
		"an address of another one": `(?:src|href)="(?:https?:)?//`,
	} {
		if found := regexp.MustCompile(pattern).FindString(index); found != "" {
			t.Errorf("the page has %s: %s", what, found)
		}
	}
}

func TestScriptsNeverMakeMarkupFromText(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\('style'`)
	external := regexp.MustCompile(`(?:import|from|fetch\(|EventSource\()\s*['"](?:https?:)?//`)
	files, err := fs.Glob(os.DirFS("assets"), "*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range files {
		source, err := os.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.Find(source); found != nil {
			t.Errorf("%s has %s", name, found)
		}
		if found := external.Find(source); found != nil {
			t.Errorf("%s loads from elsewhere: %s", name, found)
		}
	}
}

func TestEveryFileThatThePageNamesIsServed(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(answer(t, "/", "").Body.String(), -1)
	if len(named) < 5 {
		t.Fatalf("the page names %d files", len(named))
	}
	for _, n := range named {
		w := answer(t, n[1], "")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") == "" {
			t.Errorf("%s gives %d, type %q", n[1], w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestEveryScriptIsLoadedAhead(t *testing.T) {
	t.Parallel()
	index := answer(t, "/", "").Body.String()
	files, err := fs.Glob(os.DirFS("assets"), "*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if !strings.Contains(index, `"/assets/`+name+`"`) {
			t.Errorf("%s is found only after another script was read; name it in index.html", name)
		}
	}
}

func TestTheContestsNameIsTextInThePage(t *testing.T) {
	t.Parallel()
	index := answer(t, "/", "").Body.String()
	if !strings.Contains(index, "<title>Cats &amp; &lt;Dogs&gt;</title>") {
		t.Error("the title does not hold the contest's name as text")
	}
}

func TestAnUnchangedFileIsNotSentAgain(t *testing.T) {
	t.Parallel()
	first := answer(t, "/assets/app.js", "")
	if again := answer(t, "/assets/app.js", first.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("a browser that has the file got %d, want 304", again.Code)
	}
	if other := answer(t, "/assets/app.js", `"older"`); other.Code != http.StatusOK {
		t.Errorf("a browser with an older file got %d, want 200", other.Code)
	}
	if none := answer(t, "/assets/../page.go", ""); none.Code != http.StatusNotFound {
		t.Errorf("a file that is not the page's got %d, want 404", none.Code)
	}
}

func TestTheIconHasTheTeamsColours(t *testing.T) {
	t.Parallel()
	icon := answer(t, "/assets/icon.svg", "").Body.String()
	for _, color := range []string{"#E69F00", "#0072B2"} {
		if !strings.Contains(icon, color) {
			t.Errorf("the icon lacks %s", color)
		}
	}
}
